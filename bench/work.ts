/** The units of work every peer is given: the same for all, and the answer each must come back with. */
import { assertNever } from "../src/protocol/assert-never.ts";

/** `noop` does nothing; `http` calls the benchmark's HTTP worker, which answers its input plus one. */
export type StepKind = "noop" | "http";

export type Work =
  /** Each step takes the result of the one before. */
  | { readonly kind: "chain"; readonly step: StepKind; readonly steps: number }
  /** HTTP steps that do not depend on each other, all in flight at once. */
  | { readonly kind: "fan_out"; readonly steps: number }
  /** One noop step: what a run costs beyond its steps. */
  | { readonly kind: "one_step" }
  /** Many independent noop items in one run. */
  | { readonly kind: "batch"; readonly items: number };

/** How many steps the run must have done, over all items. */
export function stepCount(work: Work): number {
  switch (work.kind) {
    case "chain":
    case "fan_out":
      return work.steps;
    case "one_step":
      return 1;
    case "batch":
      return work.items;
    default:
      return assertNever(work);
  }
}

/**
 * The number the run must end with: an HTTP chain counts up from 0, fan-out step i answers i + 1 and the run their sum,
 * noop work has nothing to add up.
 */
export function expectedTotal(work: Work): number {
  switch (work.kind) {
    case "chain":
      return work.step === "http" ? work.steps : 0;
    case "fan_out":
      return (work.steps * (work.steps + 1)) / 2;
    case "one_step":
    case "batch":
      return 0;
    default:
      return assertNever(work);
  }
}

/** A name that is equal for equal work: what peers key prepared flows by. */
export function workKey(work: Work): string {
  switch (work.kind) {
    case "chain":
      return `chain-${work.step}-${work.steps}`;
    case "fan_out":
      return `fan-out-${work.steps}`;
    case "one_step":
      return "one-step";
    case "batch":
      return "batch";
    default:
      return assertNever(work);
  }
}
