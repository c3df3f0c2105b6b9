/** The worker that the SDK's tests talk to: as a module, as a Node process (HTTP or stdio), and bundled for workerd. */
import { z } from "zod";
import { ComponentError, createWorker, type JsonObject, jsonSchema } from "../../src/sdk/index.ts";

let aborted = 0;

export const worker = createWorker({ name: "example", keepAliveMs: 200 })
  .component("double", {
    description: "Twice a number, as often as asked.",
    input: z.object({ n: z.number(), times: z.int().min(1).default(1) }),
    output: z.object({ doubled: z.number() }),
    execute: ({ n, times }) => ({ doubled: n * 2 ** times }),
  })
  .component("plain_schema", {
    input: jsonSchema<{ readonly words: readonly string[] }>({
      type: "object",
      properties: { words: { type: "array", items: { type: "string" } } },
      required: ["words"],
    }),
    output: { type: "object", properties: { text: { type: "string", maxLength: 20 } }, required: ["text"] },
    execute: ({ words }) => ({ text: words.join(" ") }),
  })
  .component("untyped", { execute: (input) => input })
  .component("nothing", { execute: () => undefined })
  .component("who", {
    execute: (_, { attempt, idempotencyKey, runId, flowId, stepId }) => ({
      attempt,
      idempotencyKey: idempotencyKey ?? null,
      runId: runId ?? null,
      flowId: flowId ?? null,
      stepId: stepId ?? null,
    }),
  })
  .component("throws", {
    input: z.object({ how: z.enum(["error", "string", "unavailable", "invalid", "nan", "bigint", "cycle"]) }),
    execute({ how }) {
      switch (how) {
        case "error":
          throw new Error("custom");
        case "string":
          // oxlint-disable-next-line typescript/only-throw-error -- it happens
          throw "a mere string";
        case "unavailable":
          throw new ComponentError("come back later", { code: "RESOURCE_UNAVAILABLE", data: { queue: 7 } });
        case "invalid":
          throw ComponentError.invalidInput("throws", [{ pointer: "/how", message: "makes no sense" }]);
        case "nan":
          return { deep: [1, Number.NaN] };
        case "bigint":
          return { big: 1n };
        case "cycle": {
          const cycle: Record<string, unknown> = {};
          cycle["self"] = cycle;
          return cycle;
        }
        default:
          throw new Error(how satisfies never);
      }
    },
  })
  .component("blobby", {
    async execute(input, context) {
      const id = await context.putBlob({ k: input });
      return { id, back: await context.getBlob(id) };
    },
  })
  .component("nested", {
    input: z.object({ flow: z.custom<string | JsonObject>(), input: z.custom<JsonObject>() }),
    execute: async ({ flow, input }, context) => ({ r: await context.evaluateFlow(flow, input) }),
  })
  .component("submits", {
    input: z.object({ flow_id: z.string() }),
    async execute({ flow_id }, context) {
      const { runId } = await context.submitRun(flow_id, [{ a: 1 }], { maxConcurrency: 2 });
      const run = await context.getRun(runId, { wait: true, includeResults: true });
      return { runId, results: JSON.stringify(run.results) };
    },
  })
  .component("progress", {
    execute(_, context) {
      context.heartbeat(0.5, "half way");
      return "done";
    },
  })
  .component("waits", {
    description: "Ends only when its signal aborts; says so in its log.",
    async execute(_, context) {
      context.log.info("waiting");
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      aborted++;
      context.log.info("aborted", { reason: String(context.signal.reason) });
      return null;
    },
  })
  .component("aborted_so_far", { execute: () => aborted })
  .component("takes", {
    input: z.object({ ms: z.number() }),
    execute: async ({ ms }) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return { ms };
    },
  });
