/**
 * The triggers of a deployment: those of its configuration, which live in the namespace `default`, and those put over the API.
 * Owns nothing but the order of writing: a trigger's object is told first, since it is what acts, then the list. Both are
 * idempotent, so whoever is interrupted does the same again.
 */

import { DEFAULT_NAMESPACE } from "../auth/caller.ts";
import type { TriggerQuery, TriggerRecord, TriggerStore } from "../core/ports/trigger-store.ts";
import type { TriggerDocument, TriggerType } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";

/** What the object of every kind of trigger offers to the registry. */
export interface TriggerHome {
  /** Acts by this document from now on. */
  put(trigger: TriggerRecord): Promise<void>;
  /** Starts nothing any more, and forgets everything. */
  remove(): Promise<void>;
}

export type TriggerSource = "api" | "config";
export interface KnownTrigger extends TriggerRecord {
  readonly source: TriggerSource;
}

export interface TriggerRegistryDeps {
  readonly store: TriggerStore;
  /** Of the configuration, by name. */
  readonly configured: ReadonlyMap<string, TriggerDocument>;
  /** The object `<namespace>/<name>` of this kind. */
  readonly home: (type: TriggerType, namespace: Namespace, name: string) => TriggerHome;
  /** A schedule looks whether its alarm is set. */
  readonly wake: (namespace: Namespace, name: string) => Promise<void>;
  readonly now: () => number;
}

const SWEPT_PER_PAGE = 100;

export class TriggerRegistry {
  readonly #deps: TriggerRegistryDeps;

  constructor(deps: TriggerRegistryDeps) {
    this.#deps = deps;
  }

  /** Whether the configuration has a trigger of this name: it is changed there and nowhere else. */
  isConfigured(namespace: Namespace, name: string): boolean {
    return namespace === DEFAULT_NAMESPACE && this.#deps.configured.has(name);
  }

  async put(
    namespace: Namespace,
    name: string,
    document: TriggerDocument,
  ): Promise<{ readonly trigger: KnownTrigger; readonly created: boolean }> {
    const { store, home, now } = this.#deps;
    const before = await store.find(namespace, name);
    const at = now();
    const trigger = { namespace, name, document, createdAt: before?.createdAt ?? at, updatedAt: at };
    if (before && before.document.type !== document.type) await home(before.document.type, namespace, name).remove();
    await home(document.type, namespace, name).put(trigger);
    return { trigger: { ...(await store.put(trigger)), source: "api" }, created: before === undefined };
  }

  async find(namespace: Namespace, name: string): Promise<KnownTrigger | undefined> {
    if (this.isConfigured(namespace, name)) return this.#configured().find((trigger) => trigger.name === name);
    const found = await this.#deps.store.find(namespace, name);
    return found && { ...found, source: "api" };
  }

  /** By name; those of the configuration hide those of the same name. */
  async list(
    namespace: Namespace,
    query: TriggerQuery,
  ): Promise<{ readonly triggers: readonly KnownTrigger[]; readonly next?: string }> {
    const configured = namespace === DEFAULT_NAMESPACE ? this.#configured() : [];
    const { after = "", type, limit } = query;
    // Some of them may be hidden.
    const stored = await this.#deps.store.list(namespace, { ...query, limit: limit + 1 + configured.length });
    const triggers = [
      ...configured.filter(({ name, document }) => name > after && (type === undefined || document.type === type)),
      ...stored
        .filter(({ name }) => !this.isConfigured(namespace, name))
        .map((trigger): KnownTrigger => ({ ...trigger, source: "api" })),
    ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const page = triggers.slice(0, limit);
    const last = page.at(-1);
    return { triggers: page, ...(last && triggers.length > limit ? { next: last.name } : {}) };
  }

  /** False: there was none. */
  async remove(namespace: Namespace, name: string): Promise<boolean> {
    const { store, home } = this.#deps;
    const before = await store.find(namespace, name);
    if (!before) return false;
    await home(before.document.type, namespace, name).remove();
    await store.remove(namespace, name);
    return true;
  }

  /**
   * Tells the schedules of the configuration that they are there: nobody puts them. To be called when an isolate begins, and from
   * a sweep; the same again changes nothing.
   */
  async syncSchedules(): Promise<void> {
    for (const trigger of this.#configured())
      if (trigger.document.type === "schedule") await this.home(trigger).put(trigger);
  }

  /** Wakes every schedule, so that one whose alarm was lost sets it again. */
  async sweepSchedules(): Promise<void> {
    await this.syncSchedules();
    for (let after: TriggerRecord | undefined; ; ) {
      const page = await this.#deps.store.listAll("schedule", after, SWEPT_PER_PAGE);
      for (const trigger of page) await this.#deps.wake(trigger.namespace, trigger.name);
      after = page.at(-1);
      if (page.length < SWEPT_PER_PAGE) return;
    }
  }

  home({ document, namespace, name }: TriggerRecord): TriggerHome {
    return this.#deps.home(document.type, namespace, name);
  }

  #configured(): KnownTrigger[] {
    return [...this.#deps.configured].map(([name, document]) => ({
      namespace: DEFAULT_NAMESPACE,
      name,
      document,
      createdAt: 0,
      updatedAt: 0,
      source: "config",
    }));
  }
}
