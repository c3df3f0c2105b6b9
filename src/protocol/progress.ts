import type { Json } from "./json.ts";

/** How far an attempt has come, as its worker told last. Handed to the next attempt, so that it can go on from there. */
export interface Progress {
  /** From 0 to 1. */
  readonly progress?: number;
  readonly message?: string;
  /** Whatever the worker needs to take its work up again. */
  readonly details?: Json;
}

/** Characters of JSON that one sign of life may carry. */
export const MAX_PROGRESS_CHARACTERS = 16 * 1024;

interface Sign {
  readonly progress?: Json | undefined;
  readonly message?: Json | undefined;
  readonly details?: Json | undefined;
}

export type ReadProgress =
  | { readonly kind: "progress"; readonly progress: Progress }
  /** A bare sign of life. */
  | { readonly kind: "none" }
  | { readonly kind: "too_large"; readonly characters: number };

/** Of the members of a sign of life. A `progress` that is no number from 0 to 1 is taken as `details`. */
export function readProgress({ progress, message, details: given }: Sign): ReadProgress {
  const isShare = typeof progress === "number" && progress >= 0 && progress <= 1;
  const details = given ?? (isShare ? undefined : progress) ?? undefined;
  const read: Progress = {
    ...(isShare && { progress }),
    ...(typeof message === "string" && message !== "" && { message }),
    ...(details !== undefined && { details }),
  };
  if (Object.keys(read).length === 0) return { kind: "none" };
  const characters = JSON.stringify(read).length;
  return characters > MAX_PROGRESS_CHARACTERS
    ? { kind: "too_large", characters }
    : { kind: "progress", progress: read };
}
