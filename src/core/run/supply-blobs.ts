/** Blobs that something waited for have come, or turned out not to exist: what was put off is looked at again. */
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import { giveUp } from "./give-up.ts";
import type { Turn } from "./turn.ts";

export function supplyBlobs(
  turn: Turn,
  blobs: ReadonlyMap<BlobId, { readonly json: Json; readonly bytes: number } | undefined>,
): void {
  for (const [id, blob] of blobs) if (blob) turn.values.supply(id, blob.json, blob.bytes);
  const parked = turn.schedule.parked;
  turn.schedule.parked = [];
  for (const entry of parked) {
    const lost = entry.blobs.find((blob) => blobs.has(blob) && blobs.get(blob) === undefined);
    if (lost === undefined) turn.schedule.agenda.push(entry.agendum);
    else
      giveUp(turn, entry.agendum, {
        code: "RESOURCE_UNAVAILABLE",
        message: `blob ${lost} does not exist, is damaged or is not JSON`,
      });
  }
}
