/**
 * Keeps a bridged program running: starts it, shakes hands, and starts it again for the next call after it has died. Owns the one
 * life that is current. Calls that come at once share one start.
 */
import type { BridgedProgram } from "./bridged-program.ts";
import { RPC_CODES, type RpcAnswer } from "./rpc-message.ts";
import { type RpcPeer, RpcProcess } from "./rpc-process.ts";

/** Tells the person at the terminal. */
export interface BridgeLog {
  /** A line of a program's own log. */
  readonly said: (plugin: string, line: string) => void;
  readonly warn: (message: string) => void;
}

export interface Life<Session> {
  readonly process: RpcProcess;
  readonly session: Session;
}
export type Opened<Session> =
  | ({ readonly kind: "open" } & Life<Session>)
  | { readonly kind: "failed"; readonly answer: Extract<RpcAnswer, { error: unknown }> };

/** What a handshake came to; a string says why there is no session. */
export type Handshake<Session> = (process: RpcProcess) => Promise<{ readonly session: Session } | string>;

/** Python programs import for long, and npx fetches packages first. */
const HANDSHAKE_MS = 60_000;

export class SupervisedProgram<Session> {
  readonly #program: BridgedProgram;
  readonly #log: BridgeLog;
  readonly #peer: Pick<RpcPeer, "onRequest" | "onNotification">;
  readonly #handshake: Handshake<Session>;
  #opening: Promise<Opened<Session>> | undefined;
  #current: RpcProcess | undefined;
  #isReleased = false;

  constructor(options: {
    readonly program: BridgedProgram;
    readonly log: BridgeLog;
    readonly peer: Pick<RpcPeer, "onRequest" | "onNotification">;
    readonly handshake: Handshake<Session>;
  }) {
    this.#program = options.program;
    this.#log = options.log;
    this.#peer = options.peer;
    this.#handshake = options.handshake;
  }

  /** The program in a state to be called; started if it does not run. */
  async open(): Promise<Opened<Session>> {
    const opened = await this.#openOnce();
    // It has died since it was last used: that is no failure of this call.
    return opened.kind === "open" && opened.process.end !== undefined ? this.#openOnce() : opened;
  }

  async #openOnce(): Promise<Opened<Session>> {
    const opening = (this.#opening ??= this.#start());
    const opened = await opening;
    const isGone = opened.kind === "failed" || opened.process.end !== undefined;
    if (isGone && this.#opening === opening) this.#opening = undefined;
    return opened;
  }

  /** Ends it for good. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.#current?.stop();
  }

  async #start(): Promise<Opened<Session>> {
    const { command, plugin } = this.#program;
    const who = `the program "${command}" of the plugin "${plugin}"`;
    if (this.#isReleased) return notStarted(`${who} is not started again: the orchestrator is stopping`);
    let garbage = 0;
    const process = new RpcProcess(this.#program, {
      ...this.#peer,
      onLog: (line) => this.#log.said(plugin, line),
      onGarbage: (line) => {
        garbage += 1;
        if (garbage === 1)
          this.#log.warn(
            `${who} wrote a line to its standard output that is no JSON-RPC message (its log belongs on standard error): ${line.slice(0, 200)}`,
          );
      },
      onEnd: (reason) => {
        if (!this.#isReleased) this.#log.warn(`${who} ${reason}; the next call starts it again${process.lastWords()}`);
      },
    });
    this.#current = process;
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => resolve(`has not answered the handshake within ${HANDSHAKE_MS / 1000} s`),
      HANDSHAKE_MS,
    );
    timer.unref();
    const shaken = await Promise.race([this.#handshake(process), late]);
    clearTimeout(timer);
    if (typeof shaken !== "string") return { kind: "open", process, session: shaken.session };
    const reason = process.end ?? shaken;
    await process.stop();
    return notStarted(`${who} ${reason}${process.lastWords()}`);
  }
}

function notStarted(message: string): {
  readonly kind: "failed";
  readonly answer: { readonly error: { code: number; message: string } };
} {
  return { kind: "failed", answer: { error: { code: RPC_CODES.notStarted, message } } };
}
