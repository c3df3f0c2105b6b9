import type { Json, JsonObject } from "../../protocol/json.ts";
import { isObject, type RpcAnswer } from "./rpc-message.ts";
import type { RpcProcess } from "./rpc-process.ts";

/**
 * How a stdio worker is spoken to: `slashes` is the dialect of 0.2 to 0.7, whose messages need no translation, `underscores` the
 * one before it, in which the components may be named as URLs.
 */
export type StdioDialect =
  | {
      readonly kind: "slashes";
      /** Our SDK, which can be told to give up, and takes an idempotency key. Python workers of later dialects have no stdio. */
      readonly isOurs: boolean;
    }
  /** `names`: as the worker lists them, if it can. */
  | { readonly kind: "underscores"; readonly names: readonly string[] };

/** Shakes hands and finds out. `mayProbe` is false for a worker that an unknown method has killed. */
export async function openStdioWorker(
  process: RpcProcess,
  plugin: string,
  mayProbe: boolean,
): Promise<{ readonly session: StdioDialect } | string> {
  const params = { runtimeProtocolVersion: 1, runtime_protocol_version: 1, protocol_prefix: plugin };
  const initialized = await process.request("initialize", params).answer;
  if ("error" in initialized) return `refused to initialize: ${errorMessage(initialized.error)}`;
  process.notify("initialized", {});
  const says = (key: string) => isObject(initialized.result) && Object.hasOwn(initialized.result, key);
  const slashes: StdioDialect = { kind: "slashes", isOurs: says("serverProtocolVersion") };
  const saysVersion = slashes.isOurs || says("server_protocol_version");
  const listsWithSlashes = async () => ((await canList(process)) ? slashes : undefined);
  const probes = saysVersion ? [listsWithSlashes, listWithUnderscores] : [listWithUnderscores, listsWithSlashes];
  for (const probe of mayProbe ? probes : []) {
    const found = await probe(process);
    if (found) return { session: found };
  }
  return { session: saysVersion ? slashes : { kind: "underscores", names: [] } };
}

async function canList(process: RpcProcess): Promise<boolean> {
  return !("error" in (await process.request("components/list", {}).answer));
}

async function listWithUnderscores(process: RpcProcess): Promise<StdioDialect | undefined> {
  const listed = await process.request("list_components", {}).answer;
  return "error" in listed ? undefined : { kind: "underscores", names: listedNames(listed.result) };
}

/** Strings or objects, in an array or under `components`. */
function listedNames(result: Json): readonly string[] {
  const list = isObject(result) ? result["components"] : result;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: Json) => {
    const name = isObject(entry) ? (entry["component"] ?? entry["url"] ?? entry["name"]) : entry;
    return typeof name === "string" ? [name] : [];
  });
}

/** The id of a component from how an old worker names it: `prefix://double`, `double` and `/double` are `/double`. */
export function componentIdOf(name: string): string {
  return `/${name.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^\/+/, "")}`;
}

/** How the worker itself names the component. */
export function workerNameOf(componentId: string, names: readonly string[]): string {
  return names.find((name) => componentIdOf(name) === componentId) ?? componentId;
}

/** What `components/info` has of it, from the answer to `component_info`. */
export function componentInfo(component: string, answer: RpcAnswer): JsonObject {
  const result = "result" in answer && isObject(answer.result) ? answer.result : {};
  const { description, input_schema, output_schema } = isObject(result["info"]) ? result["info"] : result;
  return {
    component,
    ...(description !== undefined && { description }),
    ...(input_schema !== undefined && { input_schema }),
    ...(output_schema !== undefined && { output_schema }),
  };
}

function errorMessage(error: Json): string {
  return isObject(error) && typeof error["message"] === "string" ? error["message"] : JSON.stringify(error);
}
