import type { TaskError } from "../../protocol/task-error.ts";

/** What lies below a failure of the orchestrator itself: the further entries of its `data.stack` (flow-semantics §3.2). */
export function causesOf({ message, data }: TaskError): string[] {
  const stack = isRecord(data) ? data["stack"] : undefined;
  if (!Array.isArray(stack)) return [];
  const causes = stack.flatMap((entry) =>
    isRecord(entry) && typeof entry["error"] === "string" ? [entry["error"]] : [],
  );
  return causes.filter((cause) => cause !== message);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
