import type { Path } from "../expression/index.ts";

/** One thing that keeps a type from being a subtype: where in the value, and what is wrong there. */
export interface Reason {
  readonly path: Path;
  readonly message: string;
}

/** Whether every value of one type is a value of another. */
export type Verdict =
  | { readonly kind: "yes" }
  | { readonly kind: "no"; readonly reasons: readonly Reason[] }
  /** It depends on the value, or nothing is known of it. */
  | { readonly kind: "unknown" };

export const YES: Verdict = { kind: "yes" };
export const UNKNOWN: Verdict = { kind: "unknown" };

/** More say nothing new. */
const MAX_REASONS = 20;

export function no(path: Path, message: string): Verdict {
  return { kind: "no", reasons: [{ path, message }] };
}

/** All of several demands: the first no counts, then the first doubt. */
export function every(verdicts: readonly Verdict[]): Verdict {
  const reasons = verdicts.flatMap((verdict) => (verdict.kind === "no" ? verdict.reasons : []));
  if (reasons.length > 0) return { kind: "no", reasons: reasons.slice(0, MAX_REASONS) };
  return verdicts.some(({ kind }) => kind === "unknown") ? UNKNOWN : YES;
}
