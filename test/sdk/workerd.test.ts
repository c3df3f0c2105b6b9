/** The fetch adapter and the entrypoint class inside workerd. */
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programPath } from "./worker-process.ts";

/** The example worker by its default export, and by a named entrypoint. */
const SCRIPT = `
import { workerEntrypoint } from "../../src/sdk/cloudflare.ts";
import { worker } from "./example-worker.ts";
export default worker;
export const Named = workerEntrypoint(worker);
`;
const CALLER = `export default {
  fetch: (request, env) => (new URL(request.url).pathname === "/named" ? env.NAMED : env.DEFAULT).fetch("http://worker.internal/", request),
}`;
let runtime: Miniflare;
let url: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: programPath("test/sdk"), loader: "ts" },
    bundle: true,
    format: "esm",
    write: false,
    target: "es2024",
    conditions: ["workerd"],
    external: ["cloudflare:*"],
  });
  const shared = { modules: true, compatibilityDate: "2026-10-23" };
  runtime = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          ...shared,
          name: "caller",
          script: CALLER,
          serviceBindings: { DEFAULT: "example", NAMED: { name: "example", entrypoint: "Named" } },
        },
        { ...shared, name: "example", script: outputFiles[0]?.text ?? "" },
      ],
    }),
  );
  url = (await runtime.ready).href;
});
afterAll(() => runtime.dispose());

function post(body: object, path = "", signal: AbortSignal | null = null): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", ...body }),
    signal,
  });
}
const execute = (component: string, input: object, path?: string, signal?: AbortSignal) =>
  post({ id: "e1", method: "components/execute", params: { component, input, attempt: 1 } }, path, signal);

test.each(["", "named"])("components are executed through a service binding (%j)", async (path) => {
  expect(await (await execute("/double", { n: 4 }, path)).json()).toEqual({
    jsonrpc: "2.0",
    id: "e1",
    result: { output: { doubled: 8 } },
  });
});

test("a component that takes its time answers as a stream whose headers are there at once", async () => {
  const response = await execute("/takes", { ms: 100 });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(await response.text()).toBe(
    ': working\n\ndata: {"jsonrpc":"2.0","id":"e1","result":{"output":{"ms":100}}}\n\n',
  );
});

test("the answer to a component's request comes as a request of its own, and wakes the component", async () => {
  const response = await execute("/nested", { flow: "b".repeat(64), input: {} });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readUntil = async (wanted: string) => {
    while (!text.includes(wanted)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`ended without ${wanted}: ${text}`);
      text += value;
    }
  };
  await readUntil("runs/submit");
  const { id } = JSON.parse(text.slice(text.indexOf("{"), text.indexOf("}}\n") + 2));
  const items = { total: 1, completed: 1, running: 0, failed: 0, cancelled: 0 };
  const results = [{ itemIndex: 0, status: "completed", result: { outcome: "success", result: 7 } }];
  const run = { runId: "r", flowId: "f", status: "completed", items, results };
  expect((await post({ id, result: run })).status).toBe(202);
  await readUntil('"output":{"r":7}');
});

test("the signal aborts when the caller goes away", async () => {
  const controller = new AbortController();
  const response = await execute("/waits", {}, "", controller.signal);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  controller.abort();
  await expect.poll(async () => (await execute("/aborted_so_far", {})).json()).toMatchObject({ result: { output: 1 } });
});

test("schemas need no eval, which the platform forbids", async () => {
  const answer = await (await execute("/plain_schema", { words: [1] })).json();
  expect(answer).toMatchObject({ error: { code: -32602, data: { faults: [{ pointer: "/words/0" }] } } });
});
