/**
 * A second run from what the first one of a seed came to: a retry, a rerun from some step, or a fork with another input or another
 * variable. What it takes over is given to the naive interpreter as settled; whether it may be taken over is checked here, by
 * looking at the document alone.
 */
import type { StoredValue } from "../../src/core/ports/journal.ts";
import { newRootRunId } from "../../src/core/run/run-id.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { TaskError } from "../../src/protocol/task-error.ts";
import type { Derivation } from "../support/derive-run.ts";
import { takeOverOf } from "../support/derive-run.ts";
import { START } from "./event-queue.ts";
import { stepsOf } from "./flow-document.ts";
import type { Settled } from "./naive-expression.ts";
import type { Prng } from "./prng.ts";
import type { SimulatedBlobs } from "./simulated-blobs.ts";
import type { Scenario, Simulation } from "./simulation.ts";
import { check } from "./simulation-failure.ts";

export type DerivationChoice = Pick<
  Derivation,
  "kind" | "from" | "itemIndexes" | "inputs" | "variables" | "changedVariables"
>;

export interface DerivedRun {
  readonly takeOver: ReturnType<typeof takeOverOf>;
  readonly blobs: SimulatedBlobs;
  /** By the names of tasks; `r/<item>` is a whole item. */
  readonly settled: ReadonlyMap<string, Settled>;
}

export function generateDerivation(prng: Prng, { run }: Scenario): DerivationChoice | undefined {
  if (!prng.chance(0.3) || run.inputs.length === 0) return undefined;
  const ids = stepsOf(run.flow).map(({ id }) => id);
  switch (prng.weighted({ retry: 3, rerun: 2, fork: 2 })) {
    case "retry":
      return { kind: "retry", ...(prng.chance(0.3) && { itemIndexes: [prng.between(0, run.inputs.length - 1)] }) };
    case "rerun":
      return { kind: "rerun", from: ids.filter(() => prng.chance(0.3)) };
    case "fork":
      if (prng.chance(0.4)) return { kind: "fork", inputs: run.inputs.map(() => ({ k: 7, flag: true, list: [1, 2] })) };
      return { kind: "fork", variables: { given: "another" }, changedVariables: ["given"] };
  }
}

/** The same world, and the run that is derived. */
export function deriveScenario(first: Simulation, scenario: Scenario, choice: DerivationChoice): Scenario {
  const { entries } = first.report;
  const { plan, runId, blobs, undone } = first.source;
  const takeOver = takeOverOf(undone, entries, plan, plan, runId, choice);
  const read = (value: StoredValue | undefined): Json =>
    value === undefined ? null : JSON.parse((value.kind === "text" ? value.text : blobs.text(value.blob)) ?? "null");
  const settled = new Map<string, Settled>();
  const failed = new Set<string>();
  // Of elements only their own step can tell: what has settled while it went on did not hang on it.
  for (const { event } of entries)
    if (
      event.kind === "step_completed" &&
      event.run === 0 &&
      event.element === undefined &&
      !event.undo &&
      event.outcome === "failed"
    )
      failed.add(`${event.item}/${plan.steps[event.step]?.step.id}`);
  for (const [item, steps] of undone) for (const step of steps) failed.add(`${item}/${plan.steps[step]?.step.id}`);
  for (const { item, steps, foreachs, end } of takeOver.items) {
    const name = (step: number) => `r/${item}/${plan.steps[step]?.step.id}`;
    for (const { step, result } of steps) settled.set(name(step), settledAs(result.outcome, read(result.value)));
    for (const { step, elements } of foreachs)
      for (const [element, { outcome, value }] of elements)
        settled.set(`${name(step)}/${element}`, settledAs(outcome, read(value)));
    if (end) {
      const own = end.step === undefined ? undefined : settled.get(name(end.step));
      settled.set(`r/${item}`, own ?? settledAs(end.outcome, read(end.value)));
    }
  }
  checkReuse(scenario.run.flow, choice, takeOver, settled, failed);
  return {
    ...scenario,
    run: {
      ...scenario.run,
      inputs: choice.inputs ?? scenario.run.inputs,
      ...(choice.variables && { variables: choice.variables }),
    },
    runId: newRootRunId(START, new Uint8Array(10).fill(1)),
    derived: { takeOver, blobs, settled },
  };
}

function settledAs(outcome: "success" | "failed" | "skipped", value: Json): Settled {
  if (outcome === "success") return { kind: "value", value };
  return outcome === "skipped" ? { kind: "skipped" } : { kind: "failed", error: value as unknown as TaskError };
}

/** RUN-115 to RUN-119, of items that are not kept as they are. */
function checkReuse(
  flow: JsonObject,
  choice: DerivationChoice,
  { items }: DerivedRun["takeOver"],
  settled: DerivedRun["settled"],
  failed: ReadonlySet<string>,
): void {
  for (const { item, end } of items) {
    if (end) {
      check(choice.kind === "retry", () => `item ${item} of a ${choice.kind} is over before it begins`);
      continue;
    }
    for (const step of stepsOf(flow)) {
      const name = `r/${item}/${step.id}`;
      const isReused = settled.has(name) || [...settled.keys()].some((key) => key.startsWith(`${name}/`));
      if (!isReused) continue;
      for (const [key, { kind }] of settled)
        check(kind !== "failed" || !key.startsWith(`${name}/`), () => `${key}: a failure is taken over`);
      const reused = settled.get(name);
      check(reused?.kind !== "failed", () => `${name}: a failure is taken over`);
      check(!failed.has(`${item}/${step.id}`) || step.foreach !== undefined, () => `${name} was undone`);
      check(!choice.from?.includes(step.id), () => `${name} is taken over although it is to run again`);
      const looks = looksOf([step.input ?? null, step.skip ?? null, step.foreach ?? null]);
      for (const other of looks.steps) {
        check(!failed.has(`${item}/${other}`), () => `${name} is taken over although ${other} failed or was undone`);
        check(!choice.from?.includes(other), () => `${name} is taken over although ${other} runs again`);
      }
      check(!choice.inputs || !looks.input, () => `${name} is taken over although it reads the input`);
      for (const variable of choice.changedVariables ?? [])
        check(!looks.variables.has(variable), () => `${name} is taken over although it reads ${variable}`);
    }
  }
}

interface Looks {
  readonly steps: Set<string>;
  readonly variables: Set<string>;
  input: boolean;
}

/** What expressions look at, in branches not taken too. */
function looksOf(json: Json, looks: Looks = { steps: new Set(), variables: new Set(), input: false }): Looks {
  if (Array.isArray(json)) for (const part of json) looksOf(part, looks);
  if (typeof json !== "object" || json === null || Array.isArray(json) || json["$literal"] !== undefined) return looks;
  const { $step: step, $variable: variable, $input: input, $template: template } = json;
  if (typeof step === "string") looks.steps.add(step);
  if (typeof variable === "string") looks.variables.add(variable);
  if (input !== undefined) looks.input = true;
  if (typeof template === "string") {
    for (const [, root, name = ""] of template.matchAll(/\{\{ \$\.(\w+)\.?(\w*)/g)) {
      if (root === "steps") looks.steps.add(name);
      else if (root === "variables") looks.variables.add(name);
      else if (root === "input") looks.input = true;
    }
  }
  for (const child of Object.values(json)) looksOf(child, looks);
  return looks;
}
