/**
 * A worker as a process of its own that can be killed at any moment: `node ledger-worker.ts <port> <ledger file>`. It writes
 * down every execution before it does anything, and again when it is done, one line each, in one write: what the system has
 * taken survives the process.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Json, JsonObject } from "../../src/protocol/json.ts";

/** A line of the ledger. */
export interface LedgerLine {
  readonly kind: "began" | "ended";
  readonly key: string;
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Answered with 202: nobody waits for it but the task itself. */
  readonly isTaken?: true;
  /** The step that is undone. */
  readonly of?: string;
}

interface Request {
  readonly id?: Json;
  readonly method: string;
  readonly params: { readonly component: string; readonly input: JsonObject; readonly attempt: number };
}

const HAND_OVER_SECS = 10;

const [, , port, path = ""] = process.argv;
if (!port || path === "") throw new Error("usage: node ledger-worker.ts <port> <ledger file>");
const ledger = openSync(path, "a");
process.on("exit", () => closeSync(ledger));

createServer((request, response) => void serve(request, response)).listen(Number(port), "127.0.0.1", () =>
  console.log("listening"),
);

function write(line: Omit<LedgerLine, "at">): void {
  writeSync(ledger, `${JSON.stringify({ ...line, at: Date.now() } satisfies LedgerLine)}\n`);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { id = null, method, params }: Request = JSON.parse(Buffer.concat(chunks).toString());
  if (method === "components/execute") {
    const key = String(request.headers["idempotency-key"]);
    const taskUrl = request.headers["stepflow-task-url"];
    const isTaken = params.component === "/later";
    const { of } = params.input;
    const began = { kind: "began", key, attempt: params.attempt } as const;
    write({ ...began, ...(isTaken && { isTaken }), ...(typeof of === "string" && { of }) });
    if (isTaken && typeof taskUrl === "string") {
      answer(response, 202, { deadlineSecs: HAND_OVER_SECS });
      await work(params, key);
      write({ kind: "ended", key, attempt: params.attempt });
      await report(`${taskUrl}/complete`, { output: outputOf(params) });
      return;
    }
    await work(params, key);
    write({ kind: "ended", key, attempt: params.attempt });
    answer(response, 200, { jsonrpc: "2.0", id, ...resultOf(params, key) });
  } else if (method === "initialize") {
    answer(response, 200, { jsonrpc: "2.0", id, result: { serverProtocolVersion: 1 } });
  } else {
    answer(response, 202, "");
  }
}

function answer(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Between 100 ms and 1.2 s, different from task to task. */
function work({ input }: Request["params"], key: string): Promise<void> {
  let mixed = Number(input["x"]) * 31;
  for (let at = 0; at < key.length; at++) mixed = (mixed * 33 + key.charCodeAt(at)) % 1_100;
  return new Promise((resolve) => setTimeout(resolve, 100 + mixed));
}

function outputOf({ input }: Request["params"]): JsonObject {
  return { x: Number(input["x"]) + 1 };
}

function resultOf(params: Request["params"], key: string): JsonObject {
  const { component, input } = params;
  // The number of decided retries is the end of the key.
  if (component === "/flaky" && Number(key.split(":").at(-1)) < 2)
    return { error: { code: 1, message: "not yet", data: { taskErrorCode: "COMPONENT_FAILED" } } };
  if (component === "/broken")
    return { error: { code: 1, message: "for good", data: { taskErrorCode: "INVALID_INPUT" } } };
  const x = Number(input["x"]);
  // A loop counts to three.
  if (component === "/count") return { result: { output: x >= 2 ? { result: { x: x + 1 } } : { next: { x: x + 1 } } } };
  return { result: { output: outputOf(params) } };
}

/** Until there is an answer: the orchestrator may just have been killed. */
async function report(url: string, body: JsonObject): Promise<void> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  for (;;) {
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) });
      await response.text();
      // Refused for good: the attempt is not wanted any more.
      if (response.status < 500) return;
    } catch {
      // Asked again.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
