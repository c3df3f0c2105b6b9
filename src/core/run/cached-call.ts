/** What names the result of a call in the cache of its namespace (RUN-150): whoever has the same key shares the result. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import { evaluate } from "../expression/index.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import type { CallTarget } from "../ports/component-resolver.ts";
import type { CachedCall } from "../ports/transport.ts";
import type { TaskAddress } from "./event.ts";
import type { RunNode } from "./state.ts";
import { stepAt, taskScope } from "./task.ts";
import type { Turn } from "./turn.ts";

export type CacheLookup =
  /** Without `cache` it is not cached. */
  | { readonly kind: "told"; readonly cache?: CachedCall }
  /** The key cannot be told: what that means is the same as for an input. */
  | { readonly kind: "failed"; readonly error: TaskError }
  | { readonly kind: "skipped" }
  | { readonly kind: "not_resident"; readonly blobs: readonly BlobId[] };

export function lookUpCache(
  turn: Turn,
  node: RunNode,
  task: TaskAddress,
  target: CallTarget & { readonly componentId: string },
  input: Json,
): CacheLookup {
  const policy = stepAt(turn.tree, task).step.cache;
  if (!policy) return { kind: "told" };
  const key = policy.key && evaluate(policy.key, taskScope(turn, node, task));
  if (key && key.kind !== "value") return key;
  const named: Json = {
    scope: policy.scope === "flow" ? node.flowId : null,
    plugin: target.plugin,
    component: target.componentId,
    pathParams: target.pathParams ?? null,
    ...(key ? { key: key.value } : { input }),
    // The same path in another run may be another file.
    files: { ...turn.tree.root?.files },
  };
  return { kind: "told", cache: { key: bytesToHex(sha256(utf8ToBytes(canonicalJson(named)))), ttlMs: policy.ttlMs } };
}
