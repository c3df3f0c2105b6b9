/**
 * Values in memory, bounded in bytes of JSON text. Owns nothing that cannot be read again: rows come from the journal, blobs
 * from whoever supplies them. Values of events that are not appended yet are pinned until `release`.
 */
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { Read } from "../expression/scope.ts";
import type { Journal, StoredValue } from "../ports/journal.ts";
import { EngineFault } from "./engine-fault.ts";

interface Held {
  readonly json: Json;
  readonly bytes: number;
}

export class ValueCache {
  readonly #journal: Pick<Journal, "readValue">;
  readonly #maxBytes: number;
  /** By row, or by blob id. */
  readonly #held = new Map<number | string, Held>();
  readonly #pinned = new Map<number, StoredValue & { readonly json?: Json }>();
  readonly #supplied = new Map<BlobId, Json>();
  readonly #suppliedRead = new Set<BlobId>();
  #bytes = 0;

  constructor(journal: Pick<Journal, "readValue">, maxBytes: number) {
    this.#journal = journal;
    this.#maxBytes = maxBytes;
  }

  /** The value of row `seq`. */
  read(seq: number): Read {
    const held = this.#touch(seq);
    if (held) return { kind: "value", value: held.json };
    const pinned = this.#pinned.get(seq);
    if (pinned?.json !== undefined) return { kind: "value", value: pinned.json };
    const stored = pinned ?? this.#journal.readValue(seq);
    if (!stored) throw new EngineFault("missing_value", `row ${seq} has no value`);
    if (stored.kind === "blob") return this.readBlob(stored.blob);
    const json: Json = JSON.parse(stored.text);
    this.#hold(seq, json, stored.text.length);
    return { kind: "value", value: json };
  }

  /** The JSON text of row `seq`. */
  readText(seq: number): { readonly kind: "text"; readonly text: string } | Extract<Read, { kind: "not_resident" }> {
    const stored = this.#pinned.get(seq) ?? this.#journal.readValue(seq);
    if (!stored) throw new EngineFault("missing_value", `row ${seq} has no value`);
    if (stored.kind === "text") return { kind: "text", text: stored.text };
    const read = this.readBlob(stored.blob);
    return read.kind === "value" ? { kind: "text", text: JSON.stringify(read.value) } : read;
  }

  /** The JSON content of a blob, if it is in memory. */
  readBlob(blob: BlobId): Read {
    const supplied = this.#supplied.get(blob);
    if (supplied !== undefined) {
      this.#suppliedRead.add(blob);
      return { kind: "value", value: supplied };
    }
    const held = this.#touch(blob);
    return held ? { kind: "value", value: held.json } : { kind: "not_resident", blobs: [blob] };
  }

  /** Keeps the value of an event of the current turn readable until its row is appended. */
  pin(seq: number, stored: StoredValue, json: Json | undefined): void {
    this.#pinned.set(seq, json === undefined ? stored : { ...stored, json });
  }

  /** The pinned rows are appended now. */
  release(): void {
    for (const [seq, { json, ...stored }] of this.#pinned) {
      if (json !== undefined && stored.kind === "text") this.#hold(seq, json, stored.text.length);
    }
    this.#pinned.clear();
  }

  /** Makes fetched blobs readable, whatever their size, until `keepSupplied` leaves them out. */
  supply(blob: BlobId, json: Json, bytes: number): void {
    this.#supplied.set(blob, json);
    this.#hold(blob, json, bytes);
  }

  /** Forgets the supplied blobs but these. */
  keepSupplied(blobs: ReadonlySet<BlobId>): void {
    for (const blob of this.#supplied.keys()) if (!blobs.has(blob)) this.#supplied.delete(blob);
  }

  /** From now on, `suppliedRead` tells what was read. */
  noteReads(): void {
    this.#suppliedRead.clear();
  }

  /** Supplied blobs that were read since `noteReads`. */
  suppliedRead(): readonly BlobId[] {
    return [...this.#suppliedRead];
  }

  #touch(key: number | string): Held | undefined {
    const held = this.#held.get(key);
    if (held) {
      this.#held.delete(key);
      this.#held.set(key, held);
    }
    return held;
  }

  #hold(key: number | string, json: Json, bytes: number): void {
    if (bytes > this.#maxBytes / 4 || this.#held.has(key)) return;
    this.#held.set(key, { json, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#held) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#held.delete(oldest);
      this.#bytes -= freed;
    }
  }
}
