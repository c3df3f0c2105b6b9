/**
 * A worker on standard input and output: newline-delimited JSON-RPC, several executions at once, logs on standard error. Serves
 * the methods of the oldest dialect as well. Owns the executions under way: the end of the input, or a `components/cancel`
 * notification with their id, aborts them.
 */
import { assertNever } from "../../protocol/assert-never.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { ComponentError } from "../component-error.ts";
import { errorMessage, parseMessage, type RpcId, type RpcRequest } from "../protocol/json-rpc.ts";
import type { WorkerProtocol } from "../protocol/worker-protocol.ts";
import { readLines } from "./read-lines.ts";

export interface StdioStreams {
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: (line: string) => void;
}

/** Resolves when the input has ended and every execution has been answered. */
export async function serveStdio(protocol: WorkerProtocol, { input, write }: StdioStreams): Promise<void> {
  const send = (message: JsonObject) => write(`${JSON.stringify(message)}\n`);
  const underWay = new Map<RpcId, AbortController>();
  // An id that is given twice at a time names the later one; both end with the input.
  const controllers = new Set<AbortController>();
  const answers = new Set<Promise<void>>();
  const execute = async (request: RpcRequest) => {
    const controller = new AbortController();
    underWay.set(request.id, controller);
    controllers.add(controller);
    const { message } = await protocol.answer(request, { send, signal: controller.signal });
    controllers.delete(controller);
    if (underWay.get(request.id) === controller) underWay.delete(request.id);
    send(message);
  };
  for await (const line of readLines(input)) {
    const message = parseMessage(line);
    switch (message.kind) {
      case "request": {
        const answer = execute(message);
        answers.add(answer);
        void answer.finally(() => answers.delete(answer));
        break;
      }
      case "notification": {
        const { id } = message.params;
        if (message.method === "components/cancel" && (typeof id === "string" || typeof id === "number"))
          underWay.get(id)?.abort(new ComponentError("cancelled by the orchestrator", { code: "CANCELLED" }));
        break;
      }
      case "result":
      case "error":
        // An answer that nobody waits for any more is of no use to anybody.
        protocol.settle(message);
        break;
      case "malformed":
        send(errorMessage(message.id, message.error));
        break;
      default:
        assertNever(message);
    }
  }
  for (const controller of controllers) controller.abort(new Error("the orchestrator has gone"));
  await Promise.all(answers);
}
