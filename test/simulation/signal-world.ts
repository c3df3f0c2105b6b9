/**
 * Those who send signals to a simulated run. Each wait that begins has somebody who answers it at the root, some time later; others
 * send early, to any run, or something that fits no schema. All repeat what they sent until they know that it was taken, and some
 * once more. Which signal a wait gets is left open: what fits it is a function of the name.
 */
import type { SignalCommand } from "../../src/core/run/command.ts";
import type { RunEvent } from "../../src/core/run/event.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { Prng } from "./prng.ts";
import { addressKey } from "./task-names.ts";

/** Steps that wait for a strict name have a schema that `MISFIT` does not fit. */
export const STRICT_NAMES = ["strict0", "strict1"] as const;
export const SIGNAL_NAMES = ["loose0", "loose1", ...STRICT_NAMES] as const;
export const STRICT_SCHEMA = { type: "object", properties: { signal: { type: "string" } }, required: ["signal"] };
const MISFIT = "of no use";

export function payloadOf(name: string): Json {
  return { signal: name, list: [1, name] };
}

/** The name that the input of a wait gives. */
export function signalName(input: Json): string {
  const { name } = input as JsonObject;
  return typeof name === "string" ? name : "";
}

export type SentSignal = Omit<Extract<SignalCommand, { kind: "signal_run" }>, "kind" | "value">;
export interface SignalSender {
  readonly prng: Prng;
  /** Sends it some time later, again until it is durable. */
  readonly send: (inMs: number, signal: SentSignal, payload: Json) => void;
}

/** A signal that comes whatever happens; the same `id` again is the same signal. */
export interface ScriptedSignal {
  readonly name: string;
  readonly id: string;
  /** Milliseconds after the start. */
  readonly atMs: number;
  readonly run?: number;
}

export function sendScripted({ send }: SignalSender, signals: readonly ScriptedSignal[]): void {
  for (const { name, id, atMs, run = 0 } of signals) send(atMs, { run, name, signalId: id }, payloadOf(name));
}

/** Nobody waits yet. */
export function sendEarly({ prng, send }: SignalSender): void {
  for (let index = prng.pick([0, 0, 1, 3]); index > 0; index--) {
    const name = prng.pick(SIGNAL_NAMES);
    send(prng.between(0, 2_000), { run: 0, name, signalId: `early ${index}` }, payloadOf(name));
  }
}

/** Answers a wait that has begun. */
export function answerWait(
  { prng, send }: SignalSender,
  event: Extract<RunEvent, { kind: "signal_awaited" }>,
  runCount: number,
): void {
  const { name } = event;
  if (name === undefined) return;
  const signalId = `${addressKey(event)}#${event.attempt}`;
  const answer = { run: 0, name, signalId };
  const inMs = prng.between(0, 8_000);
  send(inMs, answer, payloadOf(name));
  if (prng.chance(0.3)) send(inMs + prng.between(0, 3_000), answer, payloadOf(name));
  if (prng.chance(0.2)) {
    const run = prng.between(0, runCount - 1);
    send(prng.between(0, 8_000), { run, name, signalId: `more ${signalId}` }, payloadOf(name));
  }
  const strict = STRICT_NAMES.find((known) => known === name);
  if (strict && prng.chance(0.3))
    send(prng.between(0, 4_000), { run: 0, name, signalId: `misfit ${signalId}` }, MISFIT);
}
