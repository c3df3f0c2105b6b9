/**
 * The Durable Object of one cached call, named `<namespace>/<key>`: runs that are about to make the same call ask it first.
 * Owns: the last result with its age, and who is making the call now (the lease). What crosses its border: asks and results.
 * Invariants: at most one attempt leads at a time; a lease ends by a result, a release or its time, whatever happens to its
 * holder; what has expired is erased by the alarm, the whole storage with the last of it. Who waits is memory only: should this
 * object be lost, they ask again.
 */
import { DurableObject } from "cloudflare:workers";
import type { StoredValue } from "../core/ports/journal.ts";
import type { TaskId } from "../protocol/ids.ts";
import { AlarmClock } from "./alarm-clock.ts";
import type { CacheAnswer, CacheApi, CacheAsk } from "./cache-api.ts";

/** The longest wait in one request. */
const MAX_WAIT_MS = 20_000;

interface Entry {
  readonly value: StoredValue;
  readonly storedAt: number;
  readonly expiresAt: number;
}
interface Lease {
  readonly taskId: TaskId;
  readonly attempt: number;
  readonly until: number;
  readonly isHandedOver: boolean;
}

export class CacheObject extends DurableObject implements CacheApi {
  readonly #alarm = new AlarmClock(this.ctx.storage, () => Date.now());
  readonly #waiting = new Set<() => void>();

  async acquire({ taskId, attempt, deadlineAt, ttlMs }: CacheAsk): Promise<CacheAnswer> {
    const now = Date.now();
    const entry = this.#entry();
    if (entry && now < Math.min(entry.expiresAt, entry.storedAt + ttlMs)) return { kind: "hit", value: entry.value };
    const lease = this.#lease();
    if (!lease || lease.until <= now || lease.taskId === taskId) {
      this.#keepLease({ taskId, attempt, until: deadlineAt, isHandedOver: false });
      return { kind: "lead" };
    }
    if (lease.isHandedOver && lease.until > deadlineAt) return { kind: "bypass" };
    await this.#change(Math.min(MAX_WAIT_MS, lease.until - now));
    // Whoever waited may be gone by now: only one that asks again can lead.
    return { kind: "ask_again" };
  }

  async put(value: StoredValue, ttlMs: number): Promise<void> {
    const storedAt = Date.now();
    const entry: Entry = { value, storedAt, expiresAt: storedAt + ttlMs };
    this.ctx.storage.kv.put("entry", entry);
    this.ctx.storage.kv.delete("lease");
    this.#alarm.ringBy(entry.expiresAt);
    this.#wake();
  }

  async hold(taskId: TaskId, attempt: number, until: number): Promise<void> {
    if (!this.#leads(taskId, attempt)) return;
    this.#keepLease({ taskId, attempt, until, isHandedOver: true });
    // Some may not want to wait that long.
    this.#wake();
  }

  async release(taskId: TaskId, attempt: number): Promise<void> {
    if (!this.#leads(taskId, attempt)) return;
    this.ctx.storage.kv.delete("lease");
    this.#wake();
  }

  override async alarm(): Promise<void> {
    this.#alarm.forget();
    const now = Date.now();
    const ends = [this.#entry()?.expiresAt, this.#lease()?.until].filter((end) => end !== undefined && end > now);
    if (ends.length > 0) this.#alarm.ringBy(Math.min(...ends.map(Number)));
    else await this.ctx.storage.deleteAll();
  }

  #entry(): Entry | undefined {
    return this.ctx.storage.kv.get<Entry>("entry");
  }

  #lease(): Lease | undefined {
    return this.ctx.storage.kv.get<Lease>("lease");
  }

  #leads(taskId: TaskId, attempt: number): boolean {
    const lease = this.#lease();
    return lease?.taskId === taskId && lease.attempt === attempt;
  }

  #keepLease(lease: Lease): void {
    this.ctx.storage.kv.put("lease", lease);
    this.#alarm.ringBy(lease.until);
  }

  /** Resolves when somebody has changed something, after `ms` at the latest. */
  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
