/** The components that the conformance flows expect of their Python workers. */
import { z } from "zod";
import { ComponentError, createWorker } from "../../src/sdk/index.ts";

const anyObject = z.record(z.string(), z.json());
const loopOutcome = z.object({ result: z.json().optional(), next: z.json().optional() });

export const standInWorker = createWorker({ name: "stand-in" })
  .component("echo", { input: anyObject, execute: (input) => ({ ...input, processed: true }) })
  .component("transform", {
    input: z.object({ text: z.string(), operation: z.enum(["upper", "lower", "reverse"]) }),
    execute({ text, operation }) {
      switch (operation) {
        case "upper":
          return { result: text.toUpperCase() };
        case "lower":
          return { result: text.toLowerCase() };
        case "reverse":
          return { result: Array.from(text).reverse().join("") };
        default:
          throw new ComponentError(`unknown operation ${String(operation satisfies never)}`);
      }
    },
  })
  .component("blob_roundtrip", {
    input: z.object({ data: z.json() }),
    async execute({ data }, context) {
      const blobId = await context.putBlob(data);
      return { blob_id: blobId, matches: JSON.stringify(await context.getBlob(blobId)) === JSON.stringify(data) };
    },
  })
  .component("counter_step", {
    input: z.object({ current: z.int(), target: z.int() }),
    execute: ({ current, target }) =>
      current < target ? { next: { current: current + 1, target } } : { result: `Reached target ${target}` },
  })
  .component("double_value", {
    input: z.object({ value: z.number() }),
    execute: ({ value }) => ({ result: value * 2 }),
  })
  .component("iterate", {
    input: z.object({ flow_id: z.string(), initial_input: z.json(), max_iterations: z.int().default(1000) }),
    async execute({ flow_id, initial_input, max_iterations }, context) {
      let input = initial_input;
      for (let iterations = 1; iterations <= max_iterations; iterations++) {
        const { result, next } = loopOutcome.parse(await context.evaluateFlow(flow_id, input));
        if (result !== undefined) return { result, iterations, terminated: false };
        input = next ?? null;
      }
      return { result: input, iterations: max_iterations, terminated: true };
    },
  })
  .component("map", {
    input: z.object({ flow_id: z.string(), items: z.array(z.json()) }),
    async execute({ flow_id, items }, context) {
      const { results = [] } = await context.submitRun(flow_id, items, { wait: true });
      return { results: results.map(({ result }) => (result?.outcome === "success" ? result.result : null)) };
    },
  });
