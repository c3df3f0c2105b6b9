/** What of a recording a new run takes over, item by item. A failure is never taken over, nor what refers to one. */
import { referencedSteps } from "../expression/index.ts";
import type { Plan, PlanStep } from "../plan/index.ts";
import type { StoredValue } from "../ports/journal.ts";
import type { RecordedItem, RecordedResult, Recording } from "./recording.ts";
import { expressionsOf } from "./reusable-steps.ts";

/** What an item starts with; steps by their index in the new run's flow. */
export interface ReusedItem {
  readonly item: number;
  readonly steps: readonly { readonly step: number; readonly result: RecordedResult }[];
  readonly foreachs: readonly ReusedForeach[];
  /** The item is over before it begins. `step`: its result is that step's. */
  readonly end?: RecordedResult & { readonly step?: number };
}
export interface ReusedForeach {
  readonly step: number;
  readonly array: StoredValue;
  readonly count: number;
  readonly elements: readonly (readonly [element: number, result: RecordedResult])[];
}

export interface ReuseChoice {
  readonly recording: Recording;
  readonly before: Plan;
  readonly after: Plan;
  /** Ids, see `reusableSteps`. */
  readonly reusable: ReadonlySet<string>;
  readonly itemCount: number;
  /** An item that is over stays as it is: those that did not fail, or all but these. Absent: every item goes through the flow. */
  readonly keepItems?: "not_failed" | { readonly allBut: ReadonlySet<number> };
}

export function chooseReuse(choice: ReuseChoice): ReusedItem[] {
  const steps = stepLinks(choice);
  const chosen: ReusedItem[] = [];
  for (let item = 0; item < choice.itemCount; item++) {
    const recorded = choice.recording.items.get(item);
    const end = keptEnd(choice, item, recorded?.end);
    if (!recorded && !end) continue;
    const reused = reuseOfItem(steps, recorded, end !== undefined);
    if (!end) chosen.push({ item, ...reused });
    else if (end.isStep && choice.after.outputStep !== undefined)
      chosen.push({ item, ...reused, end: { outcome: end.outcome, step: choice.after.outputStep } });
    else chosen.push({ item, ...reused, end });
  }
  return chosen.filter(({ steps, foreachs, end }) => end || steps.length > 0 || foreachs.length > 0);
}

interface StepLink {
  readonly step: number;
  /** Index in the flow before; `undefined`: not reusable whatever it came to. */
  readonly before: number | undefined;
  readonly references: readonly number[];
}

function stepLinks({ before, after, reusable }: ReuseChoice): readonly StepLink[] {
  return after.steps.map((planStep) => ({
    step: planStep.index,
    before: reusable.has(planStep.step.id) ? before.indexOf.get(planStep.step.id) : undefined,
    references: referencesOf(after, planStep),
  }));
}

function referencesOf(plan: Plan, { step }: PlanStep): readonly number[] {
  const ids = new Set(expressionsOf(step).flatMap((expression) => [...referencedSteps(expression)]));
  return [...ids].flatMap((id) => plan.indexOf.get(id) ?? []);
}

type RecordedEnd = NonNullable<RecordedItem["end"]>;

function keptEnd({ keepItems }: ReuseChoice, item: number, end: RecordedItem["end"]): RecordedEnd | undefined {
  if (keepItems === undefined) return undefined;
  if (keepItems === "not_failed") return end?.outcome === "failed" ? undefined : end;
  if (keepItems.allBut.has(item)) return undefined;
  return end ?? { outcome: "failed", isStep: false, value: NOT_RETRIED };
}

const NOT_RETRIED: StoredValue = {
  kind: "text",
  text: JSON.stringify({
    code: "CANCELLED",
    message: "the item had not ended when its run did, and is not among those that were to be retried",
  }),
};

/** `isOver`: the item is kept as it is, failures included. */
function reuseOfItem(
  links: readonly StepLink[],
  recorded: RecordedItem | undefined,
  isOver: boolean,
): Pick<ReusedItem, "steps" | "foreachs"> {
  const steps: { step: number; result: RecordedResult }[] = [];
  const foreachs: ReusedForeach[] = [];
  if (!recorded) return { steps, foreachs };
  const again = new Set<number>();
  for (const { step, before, references } of links) {
    const result = before === undefined ? undefined : recorded.steps.get(before);
    if (isOver) {
      if (result) steps.push({ step, result });
      continue;
    }
    const isStale = before === undefined || recorded.undone.has(before) || references.some((other) => again.has(other));
    const foreach = isStale ? undefined : recorded.foreachs.get(before);
    if (isStale || result?.outcome === "failed") again.add(step);
    else if (result) steps.push({ step, result });
    if (foreach) {
      const elements = [...foreach.elements].filter(([, { outcome }]) => outcome !== "failed");
      if (elements.length > 0) foreachs.push({ step, array: foreach.array, count: foreach.count, elements });
    }
  }
  return { steps, foreachs };
}
