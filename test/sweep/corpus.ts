/** Every flow that is swept: the examples, those written for it, and the conformance flows where they are at hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { canonicalFlowText, parseFlow, validateFlow } from "../../src/core/flow/index.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import { hashText } from "../simulation/prng.ts";
import { type Verdict, workerVerdict } from "../simulation/worker-verdict.ts";
import { playable } from "./stand-in.ts";
import type { SweepFlow, SweepWorld } from "./sweep-flow.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Beside the repository, or beside a worktree of it. */
const SHARED = ["../shared", "../../shared"].map((path) => join(ROOT, path, "conformance"));
/** Items of one run: more of them show nothing new. */
const MAX_ITEMS = 2;

export interface Corpus {
  readonly flows: readonly SweepFlow[];
  /** Files that are no valid flow. */
  readonly leftOut: readonly string[];
}

export function readCorpus(): Corpus {
  const shared = SHARED.find((path) => existsSync(path));
  const files = [
    ...yamlBelow(join(ROOT, "flows")),
    ...yamlBelow(join(ROOT, "test/sweep/flows")),
    ...(shared ? yamlBelow(shared) : []),
  ];
  const flows: SweepFlow[] = [];
  const leftOut: string[] = [];
  for (const file of files) {
    const flow = readFlow(file);
    if (flow) flows.push(flow);
    else leftOut.push(file);
  }
  return { flows, leftOut };
}

function yamlBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.ya?ml$/.test(path) && !/config|expected|inputs/.test(path))
    .sort()
    .map((path) => join(folder, path));
}

function readFlow(file: string): SweepFlow | undefined {
  const { flow } = parseFlow(readFileSync(file, "utf8"), { format: "yaml" });
  if (!flow?.steps || validateFlow(flow).some(({ level }) => level === "fatal")) return undefined;
  const document: JsonObject = JSON.parse(canonicalFlowText(flow));
  const { examples, test, metadata, schemas, ...rest } = document;
  const made = playable(rest);
  return {
    name: basename(file).replace(/\.ya?ml$/, ""),
    flow: made.flow,
    inputs: inputsOf(examples, test),
    variables: defaultsOf(schemas),
    world: ((metadata as JsonObject | undefined)?.["sweep"] ?? {}) as SweepWorld,
    worker: (component, input, retry) =>
      component.startsWith("/w/as/") ? made.worker(component, input) : verdict(component, input, retry),
  };
}

/** Of the simulation's worker, but the same for every try, so that one more leaves no trace; `flaky` fails once or twice first. */
function verdict(component: string, input: Json, retry: number): Verdict {
  if (component !== "/w/flaky") return workerVerdict(component, input, 0);
  if (retry > hashText(JSON.stringify(input)) % 2) return workerVerdict("/w/ok", input, 0);
  return { kind: "failed", error: { code: "COMPONENT_FAILED", message: "not yet" }, retryAfterMs: 150 };
}

function inputsOf(examples: Json | undefined, test: Json | undefined): readonly Json[] {
  const cases = [...((examples ?? []) as JsonObject[]), ...(((test as JsonObject)?.["cases"] ?? []) as JsonObject[])];
  const inputs = cases.slice(0, MAX_ITEMS).map(({ input }) => input ?? {});
  return inputs.length > 0 ? inputs : [{}];
}

/** Given to the run: the naive interpreter knows no schema. */
function defaultsOf(schemas: Json | undefined): JsonObject {
  const properties = (((schemas as JsonObject)?.["properties"] as JsonObject)?.["variables"] as JsonObject)?.[
    "properties"
  ];
  const known = Object.entries((properties ?? {}) as Record<string, JsonObject>);
  return Object.fromEntries(
    known.flatMap(([name, schema]) => (schema["default"] === undefined ? [] : [[name, schema["default"]]])),
  );
}
