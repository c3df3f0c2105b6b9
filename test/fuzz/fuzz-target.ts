import type { Prng } from "../simulation/prng.ts";

/** One input and what must hold of it. */
export interface FuzzCase {
  /** The input as a person reads it. */
  readonly text: string;
  /** Throws, or rejects, when something that must hold does not. Can be played again. */
  readonly run: () => void | Promise<void>;
}

/** Something that takes input from strangers. */
export interface FuzzTarget {
  readonly name: string;
  /**
   * What happens elsewhere, as far as it is no matter of the input: its time is allowed for. Absent: everything happens in this
   * thread, and only its own time on the processor counts.
   */
  readonly baseline?: () => Promise<void>;
  /** A case that depends on the random numbers alone. */
  make(prng: Prng): FuzzCase;
  /** Ends what the target runs on. */
  readonly close?: () => Promise<void>;
}

/** Throws, saying what must hold, when it does not. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
