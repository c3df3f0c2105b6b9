/**
 * Makes a flow of the corpus playable without its workers: every component but the ones that shape the run becomes one of a
 * stand-in, which answers by its input alone, with values at the paths that the flow looks at.
 */
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import { hashText } from "../simulation/prng.ts";
import type { Verdict } from "../simulation/worker-verdict.ts";

const KEPT = new Set([
  "/builtin/noop",
  "/builtin/sleep",
  "/builtin/wait_for_event",
  "/builtin/map",
  "/builtin/iterate",
  "/builtin/eval",
]);
const STAND_IN = "/w/as/";
/** One that iterates for longer shows nothing more. */
const MAX_ITERATIONS = 3;

export interface PlayableFlow {
  readonly flow: JsonObject;
  readonly worker: (component: string, input: Json) => Verdict;
}

export function playable(document: JsonObject): PlayableFlow {
  const looks = new Map<string, Look[]>();
  collectLooks(document, false, looks);
  return {
    flow: withStandIns(document) as JsonObject,
    worker: (component, input) => {
      const id = component.slice(STAND_IN.length);
      const hash = hashText(`${id} ${JSON.stringify(input)}`);
      return { kind: "success", json: shape(looks.get(id) ?? [], hash) };
    },
  };
}

interface Look {
  readonly keys: readonly string[];
  readonly isList: boolean;
}

function collectLooks(json: Json, isList: boolean, looks: Map<string, Look[]>): void {
  if (typeof json === "string") {
    for (const [, id, rest] of json.matchAll(/\{\{\s*\$\.steps\.(\w+)([^}\s]*)/g))
      look(looks, id ?? "", rest ?? "", false);
    return;
  }
  if (Array.isArray(json)) for (const element of json) collectLooks(element, false, looks);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return;
  const { $step: id, path } = json;
  if (typeof id === "string") look(looks, id, typeof path === "string" ? path : "", isList);
  for (const [key, child] of Object.entries(json)) collectLooks(child, key === "foreach" || key === "items", looks);
}

function look(looks: Map<string, Look[]>, id: string, path: string, isList: boolean): void {
  const keys = [...path.matchAll(/[\w-]+/g)].map(([key]) => key);
  looks.set(id, [...(looks.get(id) ?? []), { keys, isList }]);
}

function shape(looks: readonly Look[], hash: number): Json {
  let value: Json = { v: hash % 7 };
  for (const { keys, isList } of looks) value = withPath(value, keys, isList, hash);
  return value;
}

function withPath(value: Json, keys: readonly string[], isList: boolean, hash: number): Json {
  const [key, ...rest] = keys;
  if (key === undefined) {
    if (isList)
      return Array.isArray(value)
        ? value
        : [
            { id: 0, text: "one" },
            { id: hash % 5, text: "two" },
          ];
    return value;
  }
  const inside = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  const before = inside[key] ?? (rest.length > 0 || isList ? {} : leaf(key, hash));
  return { ...inside, [key]: withPath(before, rest, isList, hash) };
}

function leaf(key: string, hash: number): Json {
  return [`${key} ${hash % 9}`, hash % 9, hash % 2 === 0][hashText(key) % 3] ?? null;
}

/** In literal sub-flows too. */
function withStandIns(json: Json): Json {
  if (Array.isArray(json)) return json.map(withStandIns);
  if (typeof json !== "object" || json === null) return json;
  const copy: JsonObject = Object.fromEntries(Object.entries(json).map(([key, child]) => [key, withStandIns(child)]));
  const { component, id, input } = copy;
  if (typeof component !== "string" || typeof id !== "string") return copy;
  if (component.startsWith("/w/") || (KEPT.has(component) && !needsStoredFlow(component, input))) {
    return component === "/builtin/iterate" ? { ...copy, input: bounded(input) } : copy;
  }
  return { ...copy, component: `${STAND_IN}${id}` };
}

/** A flow that is named by an id, or made by a step, is not known beforehand. */
function needsStoredFlow(component: string, input: Json | undefined): boolean {
  if (["/builtin/noop", "/builtin/sleep", "/builtin/wait_for_event"].includes(component)) return false;
  const { flow, workflow } = (input ?? {}) as JsonObject;
  const source = (workflow ?? flow) as JsonObject | undefined;
  return source?.["$literal"] === undefined;
}

function bounded(input: Json | undefined): Json {
  return { ...(input as JsonObject), max_iterations: MAX_ITERATIONS };
}
