/** What a run is given besides its flow: input items, variables, overrides. The same flags for `run` and `submit`. */
import { fstatSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import type { ArgsDef, ParsedArgs } from "citty";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { invalid } from "../exit-code.ts";
import { readSource } from "./read-source.ts";
import { formatOf, parseJsonLines, parseStructured, type StructuredFormat } from "./structured-text.ts";

export const runInputArgs = {
  input: {
    type: "string",
    alias: "i",
    valueHint: "FILE",
    description: "input of the run, JSON or YAML; - is standard input",
  },
  "input-json": { type: "string", valueHint: "JSON", description: "input of the run, written out as JSON" },
  "input-yaml": { type: "string", valueHint: "YAML", description: "input of the run, written out as YAML" },
  "stdin-format": {
    type: "enum",
    options: ["json", "yaml"],
    description: "read the input from standard input, in this format",
  },
  inputs: {
    type: "string",
    valueHint: "FILE.jsonl",
    description: "a batch: one input per line; results come one per line",
  },
  variables: { type: "string", valueHint: "FILE", description: "variables of the run, JSON or YAML" },
  "variables-json": { type: "string", valueHint: "JSON", description: "variables, written out as JSON" },
  "variables-yaml": { type: "string", valueHint: "YAML", description: "variables, written out as YAML" },
  "env-variables": {
    type: "boolean",
    description: "take variables not given from the environment (env_var, STEPFLOW_VAR_NAME)",
  },
  overrides: { type: "string", valueHint: "FILE", description: "changes to steps for this run, JSON or YAML" },
  "overrides-json": { type: "string", valueHint: "JSON", description: "overrides, written out as JSON" },
  "overrides-yaml": { type: "string", valueHint: "YAML", description: "overrides, written out as YAML" },
} as const satisfies ArgsDef;
type RunInputArgs = ParsedArgs<typeof runInputArgs>;

export interface RunInput {
  readonly inputs: readonly Json[];
  /** A batch was asked for: one result per line. */
  readonly batch: boolean;
  readonly variables?: JsonObject;
  readonly overrides?: Json;
}

/** Reads all of it; refuses (exit 2) two sources of the same thing. `variablesSchema` is the flow's, for `--env-variables`. */
export async function readRunInput(args: RunInputArgs, variablesSchema: Json | undefined): Promise<RunInput> {
  oneOf(args, ["input", "input-json", "input-yaml", "inputs", "stdin-format"]);
  const given = await readGiven(args, "variables");
  if (given !== undefined && !isObject(given))
    throw invalid("the variables are not an object", "for example --variables-json '{\"name\": 1}'");
  const variables =
    args["env-variables"] === true ? { ...environmentVariables(variablesSchema, given ?? {}), ...given } : given;
  const overrides = await readGiven(args, "overrides");
  const extra = {
    ...(variables === undefined ? {} : { variables }),
    ...(overrides === undefined ? {} : { overrides }),
  };
  if (args.inputs !== undefined) {
    const inputs = parseJsonLines(await readSource(args.inputs, "inputs"));
    if (inputs.length === 0) throw invalid(`${args.inputs} holds no input`, "write one JSON value per line");
    return { inputs, batch: true, ...extra };
  }
  return { inputs: [await readInput(args)], batch: false, ...extra };
}

async function readInput(args: RunInputArgs): Promise<Json> {
  const format: StructuredFormat = args["stdin-format"] === "yaml" ? "yaml" : "json";
  if (args.input !== undefined && args.input !== "-")
    return parseStructured(await readSource(args.input, "input"), formatOf(args.input));
  if (args["input-json"] !== undefined)
    return parseStructured({ name: "--input-json", text: args["input-json"] }, "json");
  if (args["input-yaml"] !== undefined)
    return parseStructured({ name: "--input-yaml", text: args["input-yaml"] }, "yaml");
  if (args.input === undefined && args["stdin-format"] === undefined && !isPiped()) return {};
  const text = await readStandardInput();
  return text.trim() === ""
    ? {}
    : parseStructured({ name: "standard input", text }, args["stdin-format"] === undefined ? "yaml" : format);
}

/** After this long without an end of standard input the user is told what is waited for. */
const PATIENCE_MS = 1500;

async function readStandardInput(): Promise<string> {
  const notice = setTimeout(() => {
    process.stderr.write(
      "stepflow: waiting for the input on standard input; --input or --input-json give it otherwise\n",
    );
  }, PATIENCE_MS);
  try {
    return await readAll(process.stdin);
  } finally {
    clearTimeout(notice);
  }
}

/** Whether somebody feeds standard input: a pipe or a file, and not a terminal or /dev/null. */
function isPiped(): boolean {
  try {
    const info = fstatSync(0);
    return info.isFIFO() || info.isFile() || info.isSocket();
  } catch {
    return false;
  }
}

async function readGiven(args: RunInputArgs, what: "variables" | "overrides"): Promise<Json | undefined> {
  oneOf(args, [what, `${what}-json`, `${what}-yaml`]);
  const file = args[what];
  const json = args[`${what}-json`];
  const yaml = args[`${what}-yaml`];
  if (file !== undefined) return parseStructured(await readSource(file, what), formatOf(file));
  if (json !== undefined) return parseStructured({ name: `--${what}-json`, text: json }, "json");
  return yaml === undefined ? undefined : parseStructured({ name: `--${what}-yaml`, text: yaml }, "yaml");
}

function oneOf(args: RunInputArgs, names: readonly (keyof typeof runInputArgs)[]): void {
  const given = names.filter((name) => args[name] !== undefined);
  if (given.length > 1)
    throw invalid(`${given.map((name) => `--${name}`).join(" and ")} exclude each other`, "give one of them");
}

/** For each variable of the schema that is not given: the variable named by `env_var`, else `STEPFLOW_VAR_<NAME>`. */
function environmentVariables(schema: Json | undefined, given: JsonObject): JsonObject {
  const properties = isObject(schema) ? schema["properties"] : undefined;
  if (!isObject(properties)) return {};
  const entries = Object.entries(properties).flatMap(([name, property]): [string, Json][] => {
    if (Object.hasOwn(given, name)) return [];
    const named = isObject(property) ? (property["env_var"] ?? property["envVar"]) : undefined;
    const text = process.env[typeof named === "string" ? named : `STEPFLOW_VAR_${name.toUpperCase()}`];
    return text === undefined ? [] : [[name, jsonOrText(text)]];
  });
  return Object.fromEntries(entries);
}

function jsonOrText(text: string): Json {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return text;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
