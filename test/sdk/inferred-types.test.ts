/** What TypeScript knows of a component's input and output; the assertions on types are checked by tsc. */
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  ComponentError,
  createTestContext,
  createWorker,
  type Json,
  jsonSchema,
  type StandardSchema,
  StepflowContext,
  StepflowStdioServer,
} from "../../src/sdk/index.ts";

/** What valibot, ArkType and others give: a Standard Schema without a way to JSON Schema. */
function handMade<T>(accepts: (value: unknown) => value is T, path: readonly (string | { key: string })[] = []) {
  const schema: StandardSchema<T> = {
    "~standard": {
      version: 1,
      vendor: "hand-made",
      validate: async (value) => (accepts(value) ? { value } : { issues: [{ message: "is not accepted", path }] }),
    },
  };
  return schema;
}
const isText = (value: unknown): value is string => typeof value === "string";

describe("inferred types", () => {
  test("zod: the input as read, the output as accepted", async () => {
    const worker = createWorker().component("dates", {
      input: z.object({ day: z.string().transform((text) => new Date(text)), n: z.number().default(2) }),
      output: z.object({
        iso: z.date().transform((date) => date.toISOString()),
        list: z.array(z.string()).default([]),
      }),
      execute(input, context) {
        expectTypeOf(input).toEqualTypeOf<{ day: Date; n: number }>();
        expectTypeOf(context).toEqualTypeOf<StepflowContext>();
        return { iso: new Date(input.day.getTime() + input.n) };
      },
    });
    expect(await worker.execute("dates", { day: "2026-01-01" }, createTestContext())).toEqual({
      iso: "2026-01-01T00:00:00.002Z",
      list: [],
    });
  });

  test("any Standard Schema, listed as {} where it cannot say itself in JSON Schema", async () => {
    const worker = createWorker().component("shout", {
      input: handMade(isText),
      output: handMade(isText, [{ key: "a/b" }, "c~d"]),
      execute(input) {
        expectTypeOf(input).toEqualTypeOf<string>();
        return input === "odd" ? (1 as unknown as string) : input.toUpperCase();
      },
    });
    expect(await worker.execute("shout", "x", createTestContext())).toBe("X");
    await expect(worker.execute("shout", 7, createTestContext())).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "Invalid input for shout: the input is not accepted",
    });
    await expect(worker.execute("shout", "odd", createTestContext())).rejects.toMatchObject({
      code: "WORKER_ERROR",
      data: { faults: [{ pointer: "/a~1b/c~0d", message: "is not accepted" }] },
    });
    const caller = { signal: new AbortController().signal };
    const listing = { kind: "request", id: 1, method: "components/list", params: {} } as const;
    expect(await worker.protocol.answer(listing, caller)).toMatchObject({
      message: { result: { components: [{ input_schema: {}, output_schema: {} }] } },
    });
  });

  test("plain JSON Schema: any JSON, or the type its author gives", () => {
    createWorker()
      .component("plain", {
        input: { type: "object" },
        output: true,
        execute(input) {
          expectTypeOf(input).toEqualTypeOf<Json>();
          return input;
        },
      })
      .component("typed", {
        input: jsonSchema<{ readonly n: number }>({ type: "object", properties: { n: { type: "number" } } }),
        execute(input) {
          expectTypeOf(input).toEqualTypeOf<{ readonly n: number }>();
        },
      })
      .component("wrong_output", {
        output: z.object({ n: z.number() }),
        // @ts-expect-error -- a string is no number
        execute: () => ({ n: "1" }),
      });
    new StepflowStdioServer().component("older_names", {
      inputSchema: z.object({ n: z.number() }),
      outputSchema: z.number(),
      execute: async (input, context: StepflowContext) => {
        expectTypeOf(input).toEqualTypeOf<{ n: number }>();
        return input.n + context.attempt;
      },
    });
  });

  test("a name that is taken is refused; a schema that cannot be used is the worker's fault, not the input's", async () => {
    const worker = createWorker().component("a", { input: { $ref: "#/nowhere" }, execute: () => 1 });
    expect(() => worker.component("/a", { execute: () => 2 })).toThrow('two components "/a"');
    await expect(worker.execute("a", 1, createTestContext())).rejects.toMatchObject({
      code: "WORKER_ERROR",
      message: expect.stringContaining("the input schema cannot be used: Unresolved $ref"),
    });
  });
});

describe("the test context", () => {
  const worker = createWorker().component("busy", {
    async execute(input, context) {
      context.heartbeat(0.25);
      context.log.warn("odd", { n: 1 });
      const bytes = await context.putBlob(Uint8Array.of(1, 2));
      const value = await context.putBlob({ input });
      const answer = await context.evaluateFlow({ steps: [] }, { q: 1 });
      context.signal.throwIfAborted();
      return { bytes, value: await context.getBlob(value), answer, size: (await context.getBlobBytes(bytes)).length };
    },
  });

  test("keeps what a component does with it", async () => {
    const context = createTestContext({ subRuns: (_, input) => ({ outcome: "success", result: [input] }) });
    expect(await worker.execute("busy", 1, context)).toEqual({
      bytes: "a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222",
      value: { input: 1 },
      answer: [{ q: 1 }],
      size: 2,
    });
    expect(context.heartbeats).toEqual([{ progress: 0.25 }]);
    expect(context.logged).toEqual([{ level: "warn", message: "odd", fields: { n: 1 } }]);
    expect(context.submitted).toMatchObject([{ flow: { steps: [] }, inputs: [{ q: 1 }], options: { wait: true } }]);
    expect(context.blobs.size).toBe(3);
  });

  test("plays sub-runs that fail or are skipped, and a cancelled run", async () => {
    const error = { code: "COMPONENT_FAILED", message: "no luck" } as const;
    const failing = createTestContext({ subRuns: () => ({ outcome: "failed", error }) });
    await expect(worker.execute("busy", 1, failing)).rejects.toThrow(/^the sub-run .* failed: no luck$/);
    const skipping = createTestContext({ subRuns: () => ({ outcome: "skipped" }) });
    await expect(worker.execute("busy", 1, skipping)).rejects.toThrow("was skipped and has no result");
    const cancelled = createTestContext({ subRuns: () => ({ outcome: "success", result: 1 }) });
    cancelled.abort();
    await expect(worker.execute("busy", 1, cancelled)).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(createTestContext().getBlob("x")).rejects.toBeInstanceOf(ComponentError);
    expect(cancelled).toBeInstanceOf(StepflowContext);
  });
});
