import { Readable } from "node:stream";
import { readLines as readBridgeLines } from "../../src/cli/bridge/read-lines.ts";
import { readRpcMessage } from "../../src/cli/bridge/rpc-message.ts";
import type { Json } from "../../src/protocol/json.ts";
import { parseJson } from "../../src/protocol/parse-json.ts";
import { ComponentError, createWorker } from "../../src/sdk/index.ts";
import { serveStdio } from "../../src/sdk/stdio/serve-stdio.ts";
import type { Prng } from "../simulation/prng.ts";
import { type FuzzTarget, must } from "./fuzz-target.ts";
import { hostileJson, mutateJson } from "./hostile-json.ts";
import { cutBytes, mutateText } from "./mutate-text.ts";
import { RPC_WORDS, rpcMessage } from "./worker-answer.ts";

const METHODS = [
  "initialize",
  "initialized",
  "components/list",
  "components/execute",
  "components/info",
  "ping",
  "list_components",
  "component_info",
  "component_execute",
  "components/cancel",
] as const;
const COMPONENTS = ["/echo", "/fail", "/throw", "/strict", "/asks", "/none", "echo"] as const;

const worker = createWorker({ name: "fuzz", log: () => {} })
  .component("echo", { execute: (input) => input as Json })
  .component("strict", {
    input: { type: "object", properties: { n: { type: "number" } }, required: ["n"] } as const,
    execute: (input) => input as unknown as Json,
  })
  .component("fail", {
    execute: () => {
      throw new ComponentError("no", { code: "INVALID_INPUT" });
    },
  })
  .component("throw", {
    execute: () => {
      throw new TypeError("unexpected");
    },
  })
  .component("asks", { execute: (input, context) => context.putBlob(input as Json) as Promise<Json> });

function makeRequest(prng: Prng): Json {
  const hostile = () => hostileJson(prng, RPC_WORDS, 4);
  const message: Json = prng.chance(0.8)
    ? {
        jsonrpc: "2.0",
        id: prng.pick([1, "a", "", 1.5]),
        method: prng.pick(METHODS),
        params: {
          component: prng.pick(COMPONENTS),
          input: hostile(),
          attempt: 1,
          observability: {},
          timeoutMs: prng.pick([1_000, 0, -1, 1e308]),
          capabilities: { blobThreshold: 1 },
        },
      }
    : rpcMessage(prng, "a", hostile());
  return prng.chance(0.6) ? message : mutateJson(prng, message, RPC_WORDS, 0.12);
}

/** The SDK's HTTP endpoint: always an answer in JSON, never a 5xx. */
export const sdkHttpTarget: FuzzTarget = {
  name: "sdk-http",
  make(prng) {
    const json = JSON.stringify(makeRequest(prng));
    const text = prng.chance(0.7) ? json : mutateText(prng, json, [json]);
    const headers = {
      "content-type": prng.pick([
        "application/json",
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
      ]),
      ...(prng.chance(0.3) && { "idempotency-key": "k" }),
      // Without a stream to ask over, a component that asks is refused at once.
      accept: "application/json",
    };
    return { text: JSON.stringify({ headers, text }), run: () => checkHttp(text, headers) };
  },
};

async function checkHttp(body: string, headers: Record<string, string>): Promise<void> {
  const response = await worker.fetch(new Request("http://sdk.test/", { method: "POST", headers, body }));
  must(response.status < 500, `no fault of its own, but HTTP ${response.status}`);
  const text = await response.text();
  must(parseJson(text, { maxDepth: 2_000, wellFormed: false }).kind === "json", `JSON, but: ${text.slice(0, 200)}`);
}

/** The SDK's stdio frames: one line of JSON for each request, wherever the input is cut. */
export const sdkStdioTarget: FuzzTarget = {
  name: "sdk-stdio",
  make(prng) {
    const lines = Array.from({ length: prng.between(1, 6) }, () => JSON.stringify(makeRequest(prng)));
    const joined = `${lines.join(prng.pick(["\n", "\r\n", "\n\n"]))}\n`;
    const text = prng.chance(0.7) ? joined : mutateText(prng, joined, lines);
    const chunks = cutBytes(prng, new TextEncoder().encode(text));
    return { text, run: () => checkStdio(text, chunks) };
  },
};

async function checkStdio(text: string, chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  const written: string[] = [];
  async function* input() {
    yield* chunks;
  }
  await serveStdio(worker.protocol, { input: input(), write: (line) => written.push(line) });
  for (const line of written) {
    must(line.endsWith("\n") && line.indexOf("\n") === line.length - 1, "a message is one line");
    const parsed = parseJson(line, { maxDepth: 2_000, wellFormed: false });
    must(parsed.kind === "json", `a line of JSON, but: ${line.slice(0, 200)}`);
  }
  const whole = await bridgeLines([new TextEncoder().encode(text)]);
  const cut = await bridgeLines(chunks);
  must(JSON.stringify(whole) === JSON.stringify(cut), "the same lines wherever they are cut");
  for (const line of whole) {
    const parsed = parseJson(line);
    if (parsed.kind === "json") readRpcMessage(parsed.json);
  }
}

/** As the bridge to a local process reads them. */
async function bridgeLines(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  readBridgeLines(stream, 1_000_000, { line: (line) => lines.push(line), tooLong: () => lines.push("(too long)") });
  await new Promise((resolve) => stream.once("close", resolve));
  return lines;
}
