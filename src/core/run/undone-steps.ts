import type { RunTree } from "./state.ts";

/**
 * Steps of the root's items that were undone, or are to be, by themselves or in a sub-run of theirs: item → indices of steps.
 * What they came to does not hold any more.
 */
export function undoneSteps(tree: RunTree): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, Set<number>>();
  for (const [item, state] of tree.runs[0]?.items ?? []) {
    const queue = (state.kind !== "active" && state.queue) || [];
    for (const { run, step } of queue) {
      const steps = found.get(item) ?? new Set();
      found.set(item, steps.add(stepAbove(tree, run) ?? step));
    }
  }
  return new Map([...found].map(([item, steps]) => [item, [...steps]]));
}

/** The step of the root below which the run lies; `undefined` for the root itself. */
function stepAbove(tree: RunTree, run: number): number | undefined {
  let above = tree.runs[run]?.parent?.task;
  while (above && above.run !== 0) above = tree.runs[above.run]?.parent?.task;
  return above?.step;
}
