import type { Effect } from "./command.ts";
import type { TaskAddress } from "./event.ts";

/** A call that was decided on and told to stop in the same turn does not leave: nothing of a run leaves after its end. */
export function withdrawCalls(effects: readonly Effect[]): readonly Effect[] {
  const stopped = new Set<string>();
  for (const effect of effects) if (effect.kind === "abort_call") stopped.add(keyOf(effect.task, effect.attempt));
  if (stopped.size === 0) return effects;
  return effects.filter((effect) => effect.kind !== "call" || !stopped.has(keyOf(effect.task, effect.call.attempt)));
}

function keyOf({ run, item, step, element, undo }: TaskAddress, attempt: number): string {
  return [run, item, step, element, undo, attempt].join("/");
}
