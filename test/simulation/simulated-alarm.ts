/**
 * The platform's side of the one alarm. It survives the object. Unkind, it rings early, late, twice, or never: then it is either
 * forgotten or stands in the past for ever.
 */
import type { AlarmStorage } from "../../src/run/alarm-clock.ts";
import type { EventQueue } from "./event-queue.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { Prng } from "./prng.ts";

/** Somebody looks at every run that goes on for too long: a client, or the sweep over the index. */
const VISIT_EVERY_MS = 20_000;

export interface AlarmWorld {
  readonly queue: EventQueue;
  readonly prng: Prng;
  readonly faults: FaultPlan;
  /** Milliseconds of the simulated world, which never go back. */
  time(): number;
  /** What the object's clock shows. */
  now(): number;
}

export class SimulatedAlarm implements AlarmStorage {
  readonly #world: AlarmWorld;
  readonly #ring: () => Promise<boolean>;
  readonly #visit: () => Promise<boolean>;
  #at: number | null = null;
  /** Grows whenever it is set, rings or is taken back. */
  #life = 0;

  /** `ring` says whether its handler came to an end; else it is called again. `visit` says whether there is more to come. */
  constructor(world: AlarmWorld, ring: () => Promise<boolean>, visit: () => Promise<boolean>) {
    this.#world = world;
    this.#ring = ring;
    this.#visit = visit;
  }

  /** When it stands for; null if it is not set, or was forgotten. */
  get at(): number | null {
    return this.#at;
  }

  async getAlarm(): Promise<number | null> {
    return this.#at;
  }

  async setAlarm(at: number): Promise<void> {
    const { prng, faults } = this.#world;
    this.#at = at;
    this.#life += 1;
    const inMs = Math.max(0, at - this.#world.now());
    const early = prng.chance(faults.earlyAlarm) ? Math.min(inMs, prng.between(0, 3_000)) : 0;
    const late = prng.chance(faults.lateAlarm) ? prng.between(0, 3_000) : 0;
    const ringsInMs = inMs - early + late;
    if (prng.chance(faults.lostAlarm)) {
      const isForgotten = prng.chance(0.5);
      this.#after(ringsInMs, async () => {
        if (isForgotten) this.#at = null;
        this.#lookIn();
      });
      return;
    }
    this.#after(ringsInMs, () => this.#rings());
    if (prng.chance(faults.duplicateAlarm))
      this.#world.queue.plan(this.#world.time() + ringsInMs + prng.between(0, 2_000), async () => {
        await this.#ring();
      });
  }

  async deleteAlarm(): Promise<void> {
    this.#at = null;
    this.#life += 1;
  }

  async #rings(): Promise<void> {
    this.#at = null;
    this.#life += 1;
    const life = this.#life;
    // A handler that was killed runs again, unless another alarm was set meanwhile.
    if (!(await this.#ring()) && life === this.#life) this.#after(2_000, () => this.#rings());
  }

  #lookIn(): void {
    this.#after(this.#world.prng.between(1, VISIT_EVERY_MS), async () => {
      const life = this.#life;
      if ((await this.#visit()) && life === this.#life) this.#lookIn();
    });
  }

  /** Unless it is set, rings or is taken back before. */
  #after(inMs: number, happen: () => Promise<void>): void {
    const life = this.#life;
    this.#world.queue.plan(this.#world.time() + inMs, async () => {
      if (life === this.#life) await happen();
    });
  }
}
