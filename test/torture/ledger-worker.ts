/**
 * A worker as a process of its own that can be killed at any moment: `node ledger-worker.ts <port> <ledger file>`. It writes
 * every execution down before it does anything, one line each, so that the ledger tells what really ran, and how often.
 */
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Json, JsonObject } from "../../src/protocol/json.ts";

/** A line of the ledger: an execution began. */
export interface Execution {
  readonly key: string;
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

interface Request {
  readonly id?: Json;
  readonly method: string;
  readonly params: { readonly component: string; readonly input: JsonObject; readonly attempt: number };
}

const [, , port, ledger = ""] = process.argv;
if (!port || ledger === "") throw new Error("usage: node ledger-worker.ts <port> <ledger file>");

createServer((request, response) => void serve(request, response)).listen(Number(port), "127.0.0.1", () =>
  console.log("listening"),
);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const message: Request = JSON.parse(Buffer.concat(chunks).toString());
  const reply = await answer(message, String(request.headers["idempotency-key"]));
  response.writeHead(reply ? 200 : 202, { "content-type": "application/json" });
  response.end(JSON.stringify(reply ? { jsonrpc: "2.0", id: message.id ?? null, ...reply } : ""));
}

async function answer({ method, params }: Request, key: string): Promise<JsonObject | undefined> {
  switch (method) {
    case "initialize":
      return { result: { serverProtocolVersion: 1 } };
    case "components/list":
      return { result: { components: [{ component: "/add" }, { component: "/flaky" }] } };
    case "components/execute":
      return execute(params, key);
    default:
      return undefined;
  }
}

async function execute({ component, input, attempt }: Request["params"], key: string): Promise<JsonObject> {
  const execution: Execution = { key, attempt, at: Date.now() };
  appendFileSync(ledger, `${JSON.stringify(execution)}\n`);
  await new Promise((resolve) => setTimeout(resolve, 20 + ((key.length * 31 + Number(input["x"]) * 17) % 200)));
  // The number of decided retries is the end of the key.
  if (component === "/flaky" && Number(key.split(":").at(-1)) < 2) {
    return { error: { code: 1, message: "not yet", data: { taskErrorCode: "COMPONENT_FAILED" } } };
  }
  return { result: { output: { x: Number(input["x"]) + 1 } } };
}
