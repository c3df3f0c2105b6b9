import type { Json } from "../../protocol/json.ts";
import type { PlannedWait } from "../ports/wait-component.ts";
import type { TaskAddress } from "./event.ts";
import { stepAt } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

/** The value of the row of a wait for a signal. */
export interface WaitDocument {
  readonly schema?: Json;
}

/** A durable wait: nothing is held, neither in memory nor of the run's concurrency. */
export function startSignalWait(
  turn: Turn,
  task: TaskAddress,
  attempt: number,
  { name, timeoutMs, schema }: Extract<PlannedWait, { kind: "signal" }>,
): void {
  awaitSignal(turn, task, { attempt, name, timeoutMs, document: schema === undefined ? {} : { schema } });
  turn.schedule.agenda.push({ kind: "match_wait", task });
}

type Awaited = { readonly attempt: number; readonly timeoutMs: number | undefined } & (
  | { readonly name: string; readonly document: Json }
  | ({ readonly asking: number } & ({ readonly document: Json } | { readonly from: number }))
);

/** The step's own `timeout` bounds the wait too. */
export function awaitSignal(turn: Turn, task: TaskAddress, awaited: Awaited): void {
  const { step } = stepAt(turn.tree, task);
  const bound = Math.min(awaited.timeoutMs ?? Number.POSITIVE_INFINITY, step.timeoutMs ?? Number.POSITIVE_INFINITY);
  const until = Number.isFinite(bound) ? turn.now + bound : undefined;
  const event = {
    kind: "signal_awaited",
    ...task,
    attempt: awaited.attempt,
    ...("name" in awaited ? { name: awaited.name } : { asking: awaited.asking }),
    ...(until !== undefined && { until }),
  } as const;
  if ("from" in awaited) emit(turn, { ...event, from: awaited.from });
  else emit(turn, event, inline(awaited.document));
  if (until !== undefined) turn.schedule.timers.push({ kind: "wait", at: until, task });
}
