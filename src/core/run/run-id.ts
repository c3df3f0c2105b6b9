/**
 * Run ids (ARCHITECTURE A4): UUIDs whose first 104 bits name the root run's object and whose low 24 bits are the ordinal of a
 * run inside that tree, 0 being the root. So the address of every sub-run can be computed from its id.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Namespace, RunId } from "../../protocol/ids.ts";

/** Runs one tree can hold, the root included. */
export const MAX_RUNS_PER_TREE = 2 ** 24;

/** A UUIDv7: 48 bits of epoch milliseconds, then `random` (at least 10 bytes), low 24 bits zero. */
export function newRootRunId(nowMs: number, random: Uint8Array): RunId {
  const bytes = new Uint8Array(16);
  for (let i = 5, rest = nowMs; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  bytes.set(random.subarray(0, 10), 6);
  return asRootId(bytes, 7);
}

/** A UUIDv8 of SHA-256(namespace, key): the same idempotency key always names the same run. */
export function keyedRunId(namespace: Namespace, key: string): RunId {
  return asRootId(sha256(new TextEncoder().encode(`${namespace}\n${key}`)).slice(0, 16), 8);
}

export function rootOf(runId: RunId): RunId {
  return withOrdinal(runId, 0);
}

export function ordinalOf(runId: RunId): number {
  return Number.parseInt(runId.slice(-6), 16);
}

/** The id of run `ordinal` in the tree of `runId`. */
export function withOrdinal(runId: RunId, ordinal: number): RunId {
  return (runId.slice(0, -6) + ordinal.toString(16).padStart(6, "0")) as RunId;
}

function asRootId(bytes: Uint8Array, version: number): RunId {
  const [byte6 = 0, byte8 = 0] = [bytes[6], bytes[8]];
  bytes[6] = (byte6 & 0x0f) | (version << 4);
  bytes[8] = (byte8 & 0x3f) | 0x80;
  bytes.fill(0, 13);
  const hex = bytesToHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as RunId;
}
