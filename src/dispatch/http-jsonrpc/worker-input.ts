/**
 * A task's input in the form its worker takes it (A8): values up to 8 MiB. Above that, one that knows blob references gets its
 * largest fields as references; one that does not gets the content of the references that are in the input.
 */
import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import { blobReference, readBlobReference } from "../../protocol/blob-reference.ts";
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { MAX_VALUE_BYTES } from "./blob-threshold.ts";
import type { WorkerSession } from "./worker-session.ts";

/** References inside the content of references, and so on. */
const MAX_ROUNDS = 8;

export type WorkerInput =
  | { readonly kind: "input"; readonly input: Json }
  | { readonly kind: "unfit"; readonly outcome: TaskOutcome };

export async function workerInput(input: Json, session: WorkerSession, blobs: BlobStore): Promise<WorkerInput> {
  if (session.supportsBlobRefs && session.blobApiUrl !== undefined) {
    return { kind: "input", input: exceeds(input, MAX_VALUE_BYTES) ? await withReferences(input, blobs) : input };
  }
  const budget = { left: MAX_VALUE_BYTES };
  let current = input;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const contents = new Map<BlobId, Json>();
    for (const blob of referencesIn(current)) {
      const content = await readContent(blob, blobs, budget);
      if (content.kind === "unfit") return content;
      contents.set(blob, content.input);
    }
    if (contents.size === 0) return { kind: "input", input: current };
    current = withContents(current, contents);
  }
  return unfit("INVALID_INPUT", `the input has blob references nested more than ${MAX_ROUNDS} deep`);
}

async function readContent(blob: BlobId, blobs: BlobStore, budget: { left: number }): Promise<WorkerInput> {
  const head = await blobs.head(blob);
  if (!head) return unfit("RESOURCE_UNAVAILABLE", `the input refers to blob ${blob}, which does not exist`);
  budget.left -= head.size;
  if (budget.left < 0) {
    const message = `the input is larger than ${MAX_VALUE_BYTES} bytes with what its blob references stand for, and the worker does not take references (supportsBlobRefs)`;
    return unfit("INVALID_INPUT", message);
  }
  const stored = await blobs.get(blob);
  const parsed = stored && parseJson(new TextDecoder().decode(stored.bytes));
  if (parsed?.kind === "json") return { kind: "input", input: parsed.json };
  return unfit("RESOURCE_UNAVAILABLE", `the input refers to blob ${blob}, which is not JSON`);
}

/** The largest fields of the top level go first, as the workers themselves do it with their results. */
async function withReferences(input: Json, blobs: BlobStore): Promise<Json> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  const fields = Object.entries(input).map(([name, value]) => ({ name, value, text: JSON.stringify(value) }));
  let size = fields.reduce((sum, { text }) => sum + text.length, 0);
  const replaced = new Map<string, Json>();
  for (const { name, text } of fields.toSorted((a, b) => b.text.length - a.text.length)) {
    if (size <= MAX_VALUE_BYTES) break;
    const stored = await blobs.put(new TextEncoder().encode(text), { blobType: "data" });
    replaced.set(name, blobReference(stored.id, stored.size));
    size -= text.length;
  }
  return Object.fromEntries(fields.map(({ name, value }) => [name, replaced.get(name) ?? value]));
}

/** Those to JSON; binary ones stand for nothing that an input could hold. */
function referencesIn(json: Json, found: Set<BlobId> = new Set()): ReadonlySet<BlobId> {
  const reference = readBlobReference(json);
  if (reference) {
    if (reference.blobType !== "binary") found.add(reference.blob);
  } else if (typeof json === "object" && json !== null) {
    for (const child of Object.values(json)) if (typeof child === "object") referencesIn(child, found);
  }
  return found;
}

function withContents(json: Json, contents: ReadonlyMap<BlobId, Json>): Json {
  if (typeof json !== "object" || json === null) return json;
  const reference = readBlobReference(json);
  if (reference) return contents.get(reference.blob) ?? json;
  if (Array.isArray(json)) return json.map((child) => withContents(child, contents));
  return Object.fromEntries(Object.entries(json).map(([key, child]) => [key, withContents(child, contents)]));
}

/** Stops counting as soon as it is clear. */
function exceeds(json: Json, limit: number): boolean {
  let size = 0;
  const count = (value: Json): boolean => {
    if (typeof value === "string") size += value.length;
    else if (typeof value !== "object" || value === null) size += 4;
    else {
      for (const [key, child] of Object.entries(value)) {
        size += key.length;
        if (count(child)) return true;
      }
    }
    return size > limit;
  };
  return count(json);
}

function unfit(code: "INVALID_INPUT" | "RESOURCE_UNAVAILABLE", message: string): WorkerInput {
  return { kind: "unfit", outcome: { kind: "failed", error: { code, message } } };
}
