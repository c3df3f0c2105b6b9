/**
 * Brings signals and waits together: oldest signal, oldest wait. A signal goes to one wait of the run it was addressed to or of a
 * run below; what does not fit a wait's schema stays for another.
 */
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import { compileSchema } from "../schema/index.ts";
import type { WaitDocument } from "./await-signal.ts";
import { completeTask } from "./complete-task.ts";
import type { TaskAddress } from "./event.ts";
import type { SignalAgendum } from "./schedule.ts";
import { upwards } from "./signal-book.ts";
import type { AwaitingTask, RunTree } from "./state.ts";
import { activeTask } from "./state.ts";
import type { Turn } from "./turn.ts";
import { park } from "./turn.ts";

export function matchSignal(turn: Turn, agendum: Extract<SignalAgendum, { kind: "match_signal" }>): void {
  const { run, name, seq } = agendum;
  const { tree } = turn;
  if (!tree.runs[run]?.signals?.kept.get(name)?.includes(seq)) return;
  for (const { task, wait } of waitsBelow(tree, run, name)) {
    const found = fits(turn, wait, seq);
    if (found === true) {
      completeTask(turn, task, { outcome: "success", from: seq, byComponent: true }, wait.attempt);
      return;
    }
    if (found !== false) {
      park(turn, agendum, found);
      return;
    }
  }
}

export function matchWait(turn: Turn, agendum: Extract<SignalAgendum, { kind: "match_wait" }>): void {
  const { task } = agendum;
  const wait = activeTask(turn.tree, task);
  const { name } = wait?.kind === "awaiting" ? wait : {};
  if (wait?.kind !== "awaiting" || name === undefined || turn.tree.runs[task.run]?.status !== "running") return;
  const kept = [...upwards(turn.tree.runs, task.run)].flatMap(({ signals }) => signals?.kept.get(name) ?? []);
  for (const seq of kept.sort((a, b) => a - b)) {
    const found = fits(turn, wait, seq);
    if (found === true) {
      completeTask(turn, task, { outcome: "success", from: seq, byComponent: true }, wait.attempt);
      return;
    }
    if (found !== false) {
      park(turn, agendum, found);
      return;
    }
  }
}

/** After a load: a signal and a wait may both be there and not have met. */
export function matchAll(turn: Turn): void {
  // Last in, first out: the oldest signal comes to its turn first.
  const found: Extract<SignalAgendum, { kind: "match_signal" }>[] = [];
  for (const { ordinal, status, signals } of turn.tree.runs) {
    if (status !== "running" || !signals) continue;
    for (const [name, rows] of signals.kept) {
      if (turn.tree.waits.has(name))
        for (const seq of rows) found.push({ kind: "match_signal", run: ordinal, name, seq });
    }
  }
  turn.schedule.agenda.push(...found.sort((a, b) => b.seq - a.seq));
}

/** The waits that a signal addressed to `run` may go to, the oldest first. */
export function* waitsBelow(
  tree: RunTree,
  run: number,
  name: string,
): Generator<{ readonly task: TaskAddress; readonly wait: AwaitingTask }> {
  for (const task of tree.waits.get(name)?.values() ?? []) {
    const wait = activeTask(tree, task);
    if (wait?.kind === "awaiting" && isWithin(tree, task.run, run)) yield { task, wait };
  }
}

/** True for `ancestor` itself. */
export function isWithin({ runs }: Pick<RunTree, "runs">, run: number, ancestor: number): boolean {
  for (const { ordinal } of upwards(runs, run)) if (ordinal === ancestor) return true;
  return false;
}

const compiled = new WeakMap<object, ReturnType<typeof compileSchema>>();

/** What is wrong with a payload; nothing if it fits. */
export function payloadFaults(
  { schema }: WaitDocument,
  payload: Json,
): readonly { readonly pointer: string; readonly message: string }[] {
  if (schema === undefined) return [];
  const key = typeof schema === "object" ? schema : null;
  const check = (key && compiled.get(key)) ?? compileSchema(schema);
  if (key) compiled.set(key, check);
  const result = check(payload);
  if (result.kind === "checked") return result.faults;
  return [{ pointer: "", message: `the schema of the step that waits cannot be used: ${result.message}` }];
}

/** Blobs: they must be read first. */
function fits(turn: Turn, wait: AwaitingTask, signalSeq: number): boolean | readonly BlobId[] {
  const document = turn.values.read(wait.valueSeq);
  if (document.kind === "not_resident") return document.blobs;
  const fitting = document.value as WaitDocument;
  if (fitting.schema === undefined) return true;
  const payload = turn.values.read(signalSeq);
  if (payload.kind === "not_resident") return payload.blobs;
  return payloadFaults(fitting, payload.value).length === 0;
}
