/**
 * The flows the API has seen lately, ready to run. Owns: a cache over the blob store, one per isolate, bounded in text and time.
 * In: documents and flow ids. Out: canonical text, id, model, diagnostics.
 * Invariants: an entry's text hashes to its flow id; whatever is in the cache is also stored; a flow deleted through another
 * isolate is forgotten within a minute.
 */

import {
  canonicalFlowText,
  type Flow,
  flowIdOf,
  locateDiagnostics,
  type ParsedFlow,
  parseFlow,
  type SourceMap,
  validateFlow,
} from "../core/flow/index.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Diagnostic } from "../protocol/diagnostic.ts";
import type { FlowId, Namespace } from "../protocol/ids.ts";
import { ApiError } from "./api-error.ts";

export interface PreparedFlow {
  readonly flowId: FlowId;
  /** Canonical. */
  readonly text: string;
  readonly flow: Flow;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_CACHED_CHARS = 8 * 1024 * 1024;
const MAX_AGE_MS = 60_000;

export type FlowVerdict =
  | { readonly kind: "ready"; readonly prepared: PreparedFlow }
  /** It has an id, but fatal faults: it is neither stored nor run. */
  | { readonly kind: "invalid"; readonly prepared: PreparedFlow }
  /** The document is no flow. */
  | { readonly kind: "unreadable"; readonly diagnostics: readonly Diagnostic[] };

/** Validates what was parsed. Diagnostics have lines when there is a `source`. */
export function prepareFlow({ flow, diagnostics, source }: ParsedFlow & { readonly source?: SourceMap }): FlowVerdict {
  if (!flow) return { kind: "unreadable", diagnostics };
  const found = validateFlow(flow);
  const all = [...diagnostics, ...(source ? locateDiagnostics(found, source) : found)];
  const text = canonicalFlowText(flow);
  const prepared = { flowId: flowIdOf(text), text, flow, diagnostics: all };
  return { kind: all.some(({ level }) => level === "fatal") ? "invalid" : "ready", prepared };
}

/** A flow that can run, or the refusal with its diagnostics. */
export function runnable(verdict: FlowVerdict): PreparedFlow {
  if (verdict.kind === "ready") return verdict.prepared;
  throw refuseFlow(verdict.kind === "invalid" ? verdict.prepared.diagnostics : verdict.diagnostics);
}

/** The refusal of a flow with fatal diagnostics. */
export function refuseFlow(diagnostics: readonly Diagnostic[]): ApiError {
  const fatal = diagnostics.find(({ level }) => level === "fatal");
  const place = fatal?.line === undefined ? fatal?.path : `line ${fatal.line}, column ${fatal.column ?? 1}`;
  const message = fatal
    ? `The flow cannot run: ${place === undefined ? "" : `${place}: `}${fatal.message}`
    : "The flow cannot run.";
  return new ApiError("INVALID_ARGUMENT", message, { details: { diagnostics: [...diagnostics] } });
}

export class FlowLibrary {
  readonly #blobs: (namespace: Namespace) => BlobStore;
  readonly #now: () => number;
  /** Least lately stored first. */
  readonly #cache = new Map<string, { readonly flow: PreparedFlow; readonly until: number }>();
  #cachedChars = 0;

  constructor(blobs: (namespace: Namespace) => BlobStore, now: () => number) {
    this.#blobs = blobs;
    this.#now = now;
  }

  /** Stores the canonical text, unless it is known to be there. */
  async store(namespace: Namespace, prepared: PreparedFlow): Promise<void> {
    const key = `${namespace}/${prepared.flowId}`;
    if (this.#recall(key)) return;
    await this.#blobs(namespace).put(new TextEncoder().encode(prepared.text), {
      blobType: "flow",
      ...(prepared.flow.name === undefined ? {} : { filename: `${prepared.flow.name}.json` }),
    });
    this.#remember(key, prepared);
  }

  /** The flow of a stored document. Its own id differs from `flowId` when the document is not in canonical form. */
  async load(namespace: Namespace, flowId: FlowId): Promise<PreparedFlow> {
    const key = `${namespace}/${flowId}`;
    const known = this.#recall(key);
    if (known) return known;
    const blob = await this.#blobs(namespace).get(flowId);
    if (!blob) throw new ApiError("NOT_FOUND", `There is no flow ${flowId}. Store it with POST /api/v1/flows.`);
    const notAFlow = (reason: string) => new ApiError("INVALID_ARGUMENT", `The blob ${flowId} is no flow: ${reason}`);
    if (blob.blobType === "binary") throw notAFlow("it holds binary data.");
    const verdict = prepareFlow(parseFlow(new TextDecoder().decode(blob.bytes), { format: "json" }));
    if (verdict.kind === "unreadable") {
      throw notAFlow(verdict.diagnostics.find(({ level }) => level === "fatal")?.message ?? "it cannot be read.");
    }
    const prepared = runnable(verdict);
    if (prepared.flowId !== flowId) await this.store(namespace, prepared);
    this.#remember(key, prepared);
    return prepared;
  }

  forget(namespace: Namespace, flowId: FlowId): void {
    this.#drop(`${namespace}/${flowId}`);
  }

  #recall(key: string): PreparedFlow | undefined {
    const entry = this.#cache.get(key);
    if (entry && entry.until > this.#now()) return entry.flow;
    this.#drop(key);
    return undefined;
  }

  #remember(key: string, flow: PreparedFlow): void {
    this.#drop(key);
    this.#cache.set(key, { flow, until: this.#now() + MAX_AGE_MS });
    this.#cachedChars += flow.text.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#cachedChars <= MAX_CACHED_CHARS) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#cachedChars -= this.#cache.get(key)?.flow.text.length ?? 0;
    this.#cache.delete(key);
  }
}
