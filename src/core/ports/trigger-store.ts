import type { TriggerDocument, TriggerType } from "../../protocol/api/trigger.ts";
import type { Namespace } from "../../protocol/ids.ts";

/** A trigger as it is kept. Times are epoch milliseconds. */
export interface TriggerRecord {
  readonly namespace: Namespace;
  readonly name: string;
  /** With its secrets, or references to them. */
  readonly document: TriggerDocument;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface TriggerQuery {
  readonly type?: TriggerType;
  readonly limit: number;
  /** Only names after this one. */
  readonly after?: string;
}

/** The list of the triggers of all namespaces. What a trigger does is decided by its own object. */
export interface TriggerStore {
  /** Creates or replaces; gives the record, with the time at which it was first created. */
  put(trigger: TriggerRecord): Promise<TriggerRecord>;
  find(namespace: Namespace, name: string): Promise<TriggerRecord | undefined>;
  /** By name. */
  list(namespace: Namespace, query: TriggerQuery): Promise<readonly TriggerRecord[]>;
  /** Of all namespaces, by namespace and name, those behind `after`. */
  listAll(
    type: TriggerType,
    after: Pick<TriggerRecord, "namespace" | "name"> | undefined,
    limit: number,
  ): Promise<readonly TriggerRecord[]>;
  remove(namespace: Namespace, name: string): Promise<void>;
}
