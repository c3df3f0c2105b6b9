import type { Namespace } from "../../protocol/ids.ts";
import type { RunSummary } from "../../protocol/run.ts";

/** What a run's object tells the index. `version` grows with each report of a run: an older one never overwrites a newer one. */
export interface RunReport {
  readonly version: number;
  /** `undefined`: the run was deleted. */
  readonly summary: RunSummary | undefined;
  readonly runId: string;
}

export interface RunQuery {
  readonly status?: RunSummary["status"];
  readonly flowName?: string;
  readonly flowId?: string;
  readonly rootRunId?: string;
  readonly parentRunId?: string;
  /** Default true unless `rootRunId` or `parentRunId` is given. */
  readonly rootsOnly?: boolean;
  /** All must match. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Epoch milliseconds, inclusive / exclusive. */
  readonly createdFrom?: number;
  readonly createdBefore?: number;
  readonly limit: number;
  readonly cursor?: string;
}
export interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly nextCursor?: string;
}

/** The searchable copy (A10). The run's object is the truth. */
export interface RunIndex {
  report(namespace: Namespace, reports: readonly RunReport[]): Promise<void>;
  list(namespace: Namespace, query: RunQuery): Promise<RunPage>;
}
