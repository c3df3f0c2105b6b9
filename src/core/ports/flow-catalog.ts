import type { FlowId, Namespace } from "../../protocol/ids.ts";

/** A stored flow as the catalog lists it. */
export interface CatalogedFlow {
  readonly flowId: FlowId;
  /** Absent for a flow without a name: it is listed but cannot be found by name. */
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  /** Epoch milliseconds of the latest time it was stored. */
  readonly storedAt: number;
}

export interface FlowQuery {
  readonly name?: string;
  /** Only the newest of each name (a flow without a name is always the newest of itself). */
  readonly latestOnly?: boolean;
  readonly limit: number;
  readonly cursor?: string;
}
export interface FlowPage {
  readonly flows: readonly CatalogedFlow[];
  readonly nextCursor?: string;
}

/** The names of a namespace's stored flows. The documents are blobs; a name stands for the flow stored last under it. */
export interface FlowCatalog {
  record(namespace: Namespace, flow: CatalogedFlow): Promise<void>;
  /** The flow stored last under this name. */
  latest(namespace: Namespace, name: string): Promise<CatalogedFlow | undefined>;
  list(namespace: Namespace, query: FlowQuery): Promise<FlowPage>;
  remove(namespace: Namespace, flowId: FlowId): Promise<void>;
}
