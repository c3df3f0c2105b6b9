import type { Fault } from "./fault.ts";

/** Deeper values are refused by the orchestrator anyway. */
const MAX_DEPTH = 1_000;

/**
 * What `JSON.stringify` would lose in silence or choke on: NaN and the infinities, bigints, functions, symbols, cycles. Left
 * alone: undefined members, which are left out, and objects that say themselves how they are written (`toJSON`).
 */
export function wireFaults(value: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  visit(value, "", 0, faults);
  return faults;
}

function visit(value: unknown, pointer: string, depth: number, faults: Fault[]): void {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) faults.push({ pointer, message: `is ${value}, which JSON cannot hold` });
      return;
    case "bigint":
    case "function":
    case "symbol":
      faults.push({ pointer, message: `is a ${typeof value}, which JSON cannot hold` });
      return;
    case "object":
      if (value === null || ("toJSON" in value && typeof value.toJSON === "function")) return;
      if (depth >= MAX_DEPTH) {
        faults.push({ pointer: "", message: `is nested more than ${MAX_DEPTH} levels deep, or contains itself` });
        return;
      }
      for (const [key, child] of Object.entries(value)) {
        if (faults.length > 0) return;
        visit(child, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, depth + 1, faults);
      }
      return;
    case "string":
    case "boolean":
    case "undefined":
      return;
    default:
  }
}
