/** How unkind the world of a seed is. Probabilities are per occasion; everything random is drawn from the seed. */
import type { Prng } from "./prng.ts";

export interface FaultPlan {
  /** Per turn: the events are lost with the engine; they are durable but no effect left; only some effects left. */
  readonly crashBeforeAppend: number;
  readonly crashAfterAppend: number;
  readonly crashBetweenEffects: number;
  /** Per turn, load, fetch and put: the storage says no, and nothing of it happened. */
  readonly appendFails: number;
  readonly loadFails: number;
  readonly blobGetFails: number;
  readonly blobPutFails: number;
  /** Bounds each kind of the faults above, so that every run comes to an end. */
  readonly maxCrashes: number;
  /** Seconds instead of milliseconds. */
  readonly blobIsSlow: number;
  /** Per call. */
  readonly dropReply: number;
  readonly duplicateReply: number;
  readonly slowReply: number;
  /** The reply breaks off. */
  readonly cutReply: number;
  /** Whoever held the call for the object is gone, and says so. */
  readonly loseCall: number;
  /** The worker takes the attempt over and reports later. */
  readonly handOver: number;
  /** The worker tells how far it has come, once or twice. */
  readonly progress: number;
  /** A reply finds its way even though the object that sent the call is gone. */
  readonly replyOutlivesObject: number;
  readonly earlyAlarm: number;
  readonly lateAlarm: number;
  readonly duplicateAlarm: number;
  /** It never rings; somebody looks in later. */
  readonly lostAlarm: number;
  /** Per turn. */
  readonly spuriousAlarm: number;
  readonly snapshot: number;
  /** Per turn: once nothing is under way the object is put to sleep. */
  readonly evict: number;
  /** How often the clock is set, by up to an hour either way, in the first half minute. */
  readonly clockJumps: number;
  /** Milliseconds after the start. */
  readonly cancelsAfterMs: readonly number[];
  /** Exactly one fault, at exactly one place. */
  readonly single?: SingleFault;
}

/** `write`: the n-th turn that writes, from 0. `call`: the n-th call that leaves. */
export type SingleFault =
  | { readonly kind: "crash_before" | "crash_after" | "storage_error"; readonly write: number }
  | { readonly kind: "drop_reply" | "duplicate_reply" | "late_reply"; readonly call: number };

export const NO_FAULTS: FaultPlan = {
  crashBeforeAppend: 0,
  crashAfterAppend: 0,
  crashBetweenEffects: 0,
  appendFails: 0,
  loadFails: 0,
  blobGetFails: 0,
  blobPutFails: 0,
  maxCrashes: 0,
  blobIsSlow: 0,
  dropReply: 0,
  duplicateReply: 0,
  slowReply: 0,
  cutReply: 0,
  loseCall: 0,
  handOver: 0,
  progress: 0,
  replyOutlivesObject: 0,
  earlyAlarm: 0,
  lateAlarm: 0,
  duplicateAlarm: 0,
  lostAlarm: 0,
  spuriousAlarm: 0,
  snapshot: 0,
  evict: 0,
  clockJumps: 0,
  cancelsAfterMs: [],
};

/** One seed in five has a kind world: there the flow semantics are all that is tested. */
export function generateFaultPlan(prng: Prng): FaultPlan {
  if (prng.chance(0.2)) return NO_FAULTS;
  const sometimes = (often: number) => (prng.chance(0.6) ? prng.next() * often : 0);
  const seldom = (often: number) => (prng.chance(0.3) ? prng.next() * often : 0);
  return {
    crashBeforeAppend: sometimes(0.15),
    crashAfterAppend: sometimes(0.15),
    crashBetweenEffects: sometimes(0.15),
    appendFails: seldom(0.15),
    loadFails: seldom(0.4),
    blobGetFails: seldom(0.4),
    blobPutFails: seldom(0.2),
    maxCrashes: prng.between(1, 12),
    blobIsSlow: sometimes(0.5),
    dropReply: sometimes(0.2),
    duplicateReply: sometimes(0.4),
    slowReply: sometimes(0.4),
    cutReply: seldom(0.2),
    loseCall: sometimes(0.15),
    handOver: sometimes(0.5),
    progress: sometimes(0.5),
    replyOutlivesObject: sometimes(0.9),
    earlyAlarm: sometimes(0.5),
    lateAlarm: sometimes(0.5),
    duplicateAlarm: seldom(0.5),
    lostAlarm: seldom(0.3),
    spuriousAlarm: sometimes(0.3),
    snapshot: sometimes(0.4),
    evict: seldom(0.8),
    clockJumps: prng.chance(0.2) ? prng.between(1, 3) : 0,
    cancelsAfterMs: prng.chance(0.15) ? Array.from({ length: prng.between(1, 3) }, () => prng.between(0, 9_000)) : [],
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
