import type { Namespace } from "../protocol/ids.ts";
import type { Capabilities } from "./capabilities.ts";

const PURPOSE = "worker blobs";
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The secret path segment under which the workers of one plugin reach the blobs of one namespace: they send no credentials of
 * their own. A new one every day (UTC); the previous day's still opens, so that a call which began before midnight gets through.
 */
export class WorkerBlobAccess {
  readonly #capabilities: Capabilities;
  readonly #now: () => number;
  /** Today's segments; making one costs a signature, and every call asks for it. */
  readonly #issued = new Map<string, { readonly day: number; readonly segment: string }>();

  constructor(capabilities: Capabilities, now: () => number) {
    this.#capabilities = capabilities;
    this.#now = now;
  }

  segment(namespace: Namespace, plugin: string): string {
    const key = `${namespace}/${plugin}`;
    const day = this.#today();
    const known = this.#issued.get(key);
    if (known?.day === day) return known.segment;
    const segment = this.#capabilities.issue(PURPOSE, [namespace, plugin, day]);
    this.#issued.set(key, { day, segment });
    return segment;
  }

  /** The namespace that a segment opens; `undefined` if it is not one of ours, or out of date. */
  open(segment: string): Namespace | undefined {
    const content = this.#capabilities.read(PURPOSE, segment);
    if (!Array.isArray(content)) return undefined;
    const [namespace, , day] = content;
    const today = this.#today();
    return typeof namespace === "string" && (day === today || day === today - 1) ? (namespace as Namespace) : undefined;
  }

  #today(): number {
    return Math.floor(this.#now() / DAY_MS);
  }
}
