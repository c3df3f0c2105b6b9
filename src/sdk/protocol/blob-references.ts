/** Values that travel as references (`{"$blob": id}`), for orchestrators that have named a threshold. */
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { StepflowContext } from "../stepflow-context.ts";
import { isObject } from "./json-rpc.ts";

/** References inside referenced values are followed so many times. */
const MAX_ROUNDS = 8;

/** The value with every reference in it replaced by what it stands for. */
export async function resolveReferences(value: Json, context: StepflowContext, rounds = MAX_ROUNDS): Promise<Json> {
  if (Array.isArray(value)) return Promise.all(value.map((child) => resolveReferences(child, context, rounds)));
  if (!isObject(value)) return value;
  const id = referencedBlob(value);
  if (id !== undefined) {
    if (rounds === 0) return value;
    if (value["blobType"] === "binary") return value;
    return resolveReferences(await context.getBlob(id), context, rounds - 1);
  }
  const entries = Object.entries(value).map(
    async ([key, child]) => [key, await resolveReferences(child, context, rounds)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

export function hasReference(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isObject(value) && referencedBlob(value) !== undefined) return true;
  return Object.values(value).some(hasReference);
}

/** The output with each of its fields that takes more bytes than `threshold` stored and referred to. */
export async function storeLargeFields(output: Json, threshold: number, context: StepflowContext): Promise<Json> {
  if (!isObject(output) || referencedBlob(output) !== undefined) return output;
  const entries = Object.entries(output).map(async ([key, field]): Promise<readonly [string, Json]> => {
    if (isObject(field) && referencedBlob(field) !== undefined) return [key, field];
    const size = new TextEncoder().encode(JSON.stringify(field)).length;
    return [key, size > threshold ? { $blob: await context.putBlob(field), size } : field];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function referencedBlob({ $blob: id }: JsonObject): string | undefined {
  return typeof id === "string" && id.length === 64 ? id : undefined;
}
