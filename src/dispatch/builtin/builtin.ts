/**
 * What a builtin is. `inline` ones run inside the engine's turn (A3), `sleep`, `sub_run` and `wait` are carried out by the engine itself;
 * a `call` leaves the object as an attempt, like any worker's component, and is executed by `BuiltinTransport`.
 */
import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { InlineComponent, SleepComponent, SubRunComponent } from "../../core/ports/component-resolver.ts";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { AttemptCall } from "../../core/ports/transport.ts";
import type { WaitComponent } from "../../core/ports/wait-component.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Timers } from "../deadline.ts";

export type InlineBuiltin = { readonly kind: "inline"; readonly info: ComponentInfo } & InlineComponent;
export type SleepBuiltin = { readonly kind: "sleep"; readonly info: ComponentInfo } & SleepComponent;
export type SubRunBuiltin = { readonly kind: "sub_run"; readonly info: ComponentInfo } & SubRunComponent;
export type WaitBuiltin = { readonly kind: "wait"; readonly info: ComponentInfo } & WaitComponent;
export interface CallBuiltin {
  readonly kind: "call";
  readonly info: ComponentInfo;
  execute(call: AttemptCall, deps: BuiltinDeps, signal: AbortSignal): Promise<TaskOutcome>;
}
export type Builtin = InlineBuiltin | SleepBuiltin | SubRunBuiltin | WaitBuiltin | CallBuiltin;

/** What the builtins that leave the object need from outside. */
export interface BuiltinDeps {
  readonly blobs: BlobStore;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly timers: Timers;
  readonly openAi: OpenAiDefaults;
}
export interface OpenAiDefaults {
  /** `OPENAI_BASE_URL`; absent: OpenAI's own. */
  readonly baseUrl?: string;
  /** `OPENAI_API_KEY`. Sent to `baseUrl` only, never to an address that a flow names. */
  readonly apiKey?: string;
}
