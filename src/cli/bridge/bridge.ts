import type { RpcMessage } from "./rpc-message.ts";

/** What stands between the orchestrator's HTTP and a program's standard input and output. */
export interface Bridge {
  /** Starts the program ahead of its first call. Never fails: calls tell. */
  warmUp(): Promise<void>;
  /** Serves one message that was posted, with its `Idempotency-Key`; gives exactly one of the replies. */
  receive(message: RpcMessage, reply: Reply, idempotencyKey: string | undefined): Promise<void>;
  release(): Promise<void>;
}

export interface Reply {
  /** A JSON-RPC message as JSON. */
  json(message: object): void;
  /** Taken, and nothing to say. */
  accepted(): void;
  refused(reason: string): void;
  /** An event stream, its headers sent at once. */
  stream(): ReplyStream;
}

export interface ReplyStream {
  send(message: object): void;
  end(): void;
  /** Aborts when the caller hangs up before the end. */
  readonly hungUp: AbortSignal;
}
