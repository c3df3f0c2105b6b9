import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "./execute.ts";

const entry = fileURLToPath(new URL("../../../workers/text/src/index.ts", import.meta.url));
const text =
  "Dr. Größe met Mr. X. „Ja!“, sagte er: jane@example.org 👨‍👩‍👧.\n\nThe second paragraph is about bees and honey. 今日は晴れです。";

let runtime: Miniflare;

beforeAll(async () => {
  const bundle = await build({ entryPoints: [entry], bundle: true, format: "esm", write: false, target: "es2024" });
  const script = bundle.outputFiles[0]?.text ?? "";
  runtime = new Miniflare(convertV4MiniflareOptions({ modules: true, script, compatibilityDate: "2026-10-23" }));
  await runtime.ready;
});
afterAll(() => runtime.dispose());

test.each([
  ["chunk", { text, size: 1 }],
  ["chunk", { text, unit: "characters", size: 7, overlap: 2 }],
  ["classify", { text, rules: [{ label: "x", terms: [{ term: "hon*" }] }] }],
  ["detect_language", { text }],
  ["extract_keywords", { text }],
  ["lookup", { term: "run" }],
  ["normalize", { text }],
  ["redact", { text }],
  ["shorten", { text, max_characters: 50 }],
  ["split_sentences", { text }],
  ["statistics", { text }],
  ["summarize", { text, sentences: 2 }],
])("%s gives in workerd what it gives in Node", async (name, input) => {
  const response = await runtime.dispatchFetch("http://text/", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "components/execute",
      params: { component: `/${name}`, input, attempt: 1 },
    }),
  });
  expect(await response.json()).toEqual({ jsonrpc: "2.0", id: 1, result: { output: await outputOf(name, input) } });
});

async function outputOf(name: string, input: unknown): Promise<unknown> {
  const outcome = await execute(name, input);
  return outcome.kind === "success" ? outcome.output : outcome;
}

test("is healthy in workerd", async () => {
  const response = await runtime.dispatchFetch("http://text/health");
  expect(await response.json()).toMatchObject({ status: "healthy", service: "stepflow-text" });
});
