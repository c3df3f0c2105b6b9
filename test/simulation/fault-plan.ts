/** How unkind the world of a seed is. Probabilities are per occasion; everything random is drawn from the seed. */
import type { Prng } from "./prng.ts";

export interface FaultPlan {
  /** Per turn: the events are lost with the engine; they are durable but no effect left; only some effects left. */
  readonly crashBeforeAppend: number;
  readonly crashAfterAppend: number;
  readonly crashBetweenEffects: number;
  /** Bounds all three, so that every run comes to an end. */
  readonly maxCrashes: number;
  /** Per call. */
  readonly dropReply: number;
  readonly duplicateReply: number;
  readonly slowReply: number;
  /** Whoever held the call for the object is gone, and says so. */
  readonly loseCall: number;
  /** The worker takes the attempt over and reports later. */
  readonly handOver: number;
  /** A reply finds its way even though the object that sent the call is gone. */
  readonly replyOutlivesObject: number;
  readonly earlyAlarm: number;
  readonly lateAlarm: number;
  /** Per turn. */
  readonly spuriousAlarm: number;
  readonly snapshot: number;
  /** Milliseconds after the start. */
  readonly cancelAfterMs: number | undefined;
}

const NO_FAULTS: FaultPlan = {
  crashBeforeAppend: 0,
  crashAfterAppend: 0,
  crashBetweenEffects: 0,
  maxCrashes: 0,
  dropReply: 0,
  duplicateReply: 0,
  slowReply: 0,
  loseCall: 0,
  handOver: 0,
  replyOutlivesObject: 0,
  earlyAlarm: 0,
  lateAlarm: 0,
  spuriousAlarm: 0,
  snapshot: 0,
  cancelAfterMs: undefined,
};

/** One seed in five has a kind world: there the flow semantics are all that is tested. */
export function generateFaultPlan(prng: Prng): FaultPlan {
  if (prng.chance(0.2)) return NO_FAULTS;
  const sometimes = (often: number) => (prng.chance(0.6) ? prng.next() * often : 0);
  return {
    crashBeforeAppend: sometimes(0.15),
    crashAfterAppend: sometimes(0.15),
    crashBetweenEffects: sometimes(0.15),
    maxCrashes: prng.between(1, 12),
    dropReply: sometimes(0.2),
    duplicateReply: sometimes(0.4),
    slowReply: sometimes(0.4),
    loseCall: sometimes(0.15),
    handOver: sometimes(0.5),
    replyOutlivesObject: sometimes(0.9),
    earlyAlarm: sometimes(0.5),
    lateAlarm: sometimes(0.5),
    spuriousAlarm: sometimes(0.3),
    snapshot: sometimes(0.4),
    cancelAfterMs: prng.chance(0.12) ? prng.between(0, 9_000) : undefined,
  };
}

/** What the platform has room for. */
export interface Limits {
  readonly eventsPerTurn: number;
  readonly valueCacheBytes: number;
  /** Characters of JSON text from which on a value lies in the blob store. */
  readonly blobCharacters: number;
  readonly maxResends: number;
}

export function generateLimits(prng: Prng): Limits {
  return {
    eventsPerTurn: prng.pick([1, 2, 7, 256, 256]),
    valueCacheBytes: prng.pick([0, 64, 400, 1_000_000]),
    blobCharacters: prng.pick([3, 30, 1_000_000, 1_000_000]),
    maxResends: prng.pick([1, 5]),
  };
}
