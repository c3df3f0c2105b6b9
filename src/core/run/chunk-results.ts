/** What a map comes to whose items ran in chunks: the texts of the chunks' results, one after the other. */
import type { BlobId } from "../../protocol/ids.ts";
import { tooLarge } from "./bound-result.ts";
import type { RunNode } from "./state.ts";
import type { Turn } from "./turn.ts";

type JoinedResults =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "not_resident"; readonly blobs: readonly BlobId[] }
  | ReturnType<typeof tooLarge>;

/** `{results, successful, failed, skipped}`, as the map gives it for few items. Nothing is read if it is too much. */
export function joinChunkResults(turn: Turn, node: RunNode): JoinedResults {
  const { maxResultBytes } = turn.settings;
  const bytes = node.chunks.reduce((sum, chunk) => sum + (chunk.kind === "ended" ? (chunk.bytes ?? 0) : 0), 0);
  if (bytes > maxResultBytes) return tooLarge(bytes, maxResultBytes);
  const parts: string[] = [];
  const missing: BlobId[] = [];
  for (const chunk of node.chunks) {
    if (chunk.kind !== "ended" || chunk.count === 0) continue;
    const read = turn.values.readText(chunk.seq);
    if (read.kind === "not_resident") missing.push(...read.blobs);
    else if (chunk.isRefused)
      parts.push(...Array<string>(chunk.count).fill(`{"outcome":"failed","error":${read.text}}`));
    else parts.push(read.text.slice(1, -1));
  }
  if (missing.length > 0) return { kind: "not_resident", blobs: missing };
  const { success, failed, skipped } = node.ended;
  const text = `{"results":[${parts.join(",")}],"successful":${success},"failed":${failed},"skipped":${skipped}}`;
  return text.length > maxResultBytes ? tooLarge(text.length, maxResultBytes) : { kind: "text", text };
}
