import type { TaskError } from "../../protocol/task-error.ts";
import { errorValue } from "./error-value.ts";
import type { RunNode } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** All items of a chunk that runs nowhere fail with the same error. */
export function refuseChunk(turn: Turn, node: RunNode, chunk: number, error: TaskError): void {
  const failed = node.chunks[chunk]?.count ?? 0;
  const counts = { success: 0, failed, skipped: 0 };
  emit(
    turn,
    { kind: "chunk_completed", run: node.ordinal, chunk, status: "failed", ...counts, refused: true },
    errorValue(error),
  );
}
