import { sha256 } from "@noble/hashes/sha2.js";

/** How much later than due a firing starts: 0 to `jitterMs` (exclusive), the same whenever it is asked (TRIG-56). */
export function jitterOf(schedule: string, scheduledAt: number, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  const hash = sha256(new TextEncoder().encode(`${schedule}\n${scheduledAt}`));
  return Math.floor((new DataView(hash.buffer, hash.byteOffset).getUint32(0) / 2 ** 32) * jitterMs);
}
