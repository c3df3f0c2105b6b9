/**
 * What a turn works on: the state of one run tree, the schedule derived from it, and the few things it asks. One engine
 * belongs to one awake object; nothing here survives it but the journal.
 */
import type { FlowId } from "../../protocol/ids.ts";
import type { Backoff, Flow } from "../flow/flow.ts";
import type { Plan } from "../plan/index.ts";
import type { ApprovalLinks } from "../ports/approval-links.ts";
import type { ComponentResolver } from "../ports/component-resolver.ts";
import type { PlanSource } from "./evolve.ts";
import type { Schedule } from "./schedule.ts";
import type { RunTree } from "./state.ts";
import type { ValueCache } from "./value-cache.ts";

export interface Engine {
  readonly tree: RunTree;
  readonly schedule: Schedule;
  readonly values: ValueCache;
  readonly plans: PlanStore;
  readonly resolver: ComponentResolver;
  /** Absent: links cannot be signed, and no step can ask for approval. */
  readonly approvalLinks?: ApprovalLinks | undefined;
  readonly settings: EngineSettings;
}

/** Compiled flows; `put` compiles. */
export interface PlanStore extends PlanSource {
  put(flowId: FlowId, flow: Flow): Plan;
}

export interface EngineSettings {
  /** Retries of UNREACHABLE and TIMEOUT, whatever a step's `onError` says. */
  readonly transportMaxRetries: number;
  readonly backoff: Backoff;
  /** Bound on a held call when neither step nor plugin says; also the most they can ask for. */
  readonly callTimeoutMs: number;
  /** A result with more JSON text fails without retry. */
  readonly maxResultBytes: number;
  /** Events after which a turn pauses, so that a cancel gets in. */
  readonly eventsPerTurn: number;
  readonly maxDepth: number;
  /** Times a lost attempt is sent again before it counts as UNREACHABLE. */
  readonly maxResends: number;
  readonly chunks: ChunkSettings;
}

/** When a run's items are run by objects of their own, and how they are cut (A9). */
export interface ChunkSettings {
  /** With more items than this. */
  readonly from: number;
  /** Items of one chunk, at most. */
  readonly items: number;
  /** Characters of JSON of their inputs, unless it is a single item. */
  readonly characters: number;
  /** Places that an active chunk should have at least. */
  readonly share: number;
}

export const DEFAULT_MAX_CONCURRENCY = 10;

/** So many characters fit into the platform's 32 MiB per RPC at two bytes each. */
const MAX_RESULT_BYTES = 15 * 2 ** 20;

export const DEFAULT_SETTINGS: EngineSettings = {
  transportMaxRetries: 3,
  backoff: { type: "fibonacci", minDelayMs: 1_000, maxDelayMs: 10_000, factor: 2, jitter: "none" },
  callTimeoutMs: 14 * 60_000,
  maxResultBytes: MAX_RESULT_BYTES,
  eventsPerTurn: 256,
  maxDepth: 32,
  maxResends: 5,
  // So that their inputs lie in rows, and four or five calls need no dispatcher.
  chunks: { from: 1_000, items: 1_000, characters: 200_000, share: 5 },
};
