/** Flags that several commands share, and what they mean. */
import type { ArgsDef, ParsedArgs } from "citty";
import type { ToleratedFailures } from "../protocol/run.ts";
import { ApiClient } from "./client/api-client.ts";
import { invalid } from "./exit-code.ts";

export const flowArgs = {
  path: { type: "positional", required: false, description: "the flow document, YAML or JSON" },
  flow: { type: "string", alias: "f", valueHint: "PATH", description: "the same, as a flag" },
} as const satisfies ArgsDef;

export const configArgs = {
  config: {
    type: "string",
    alias: "c",
    valueHint: "FILE",
    description: "configuration; otherwise stepflow-config.yml beside the flow, then here",
  },
} as const satisfies ArgsDef;

/** Commands that start the embedded orchestrator. */
export const localArgs = {
  worker: {
    type: "string",
    valueHint: "NAME=PATH",
    description: "a worker for the service binding NAME; may be repeated",
  },
  "log-level": {
    type: "enum",
    options: ["error", "info"],
    default: "error",
    description: "what to show of the orchestrator's own log",
  },
} as const satisfies ArgsDef;

/** Commands that talk to an orchestrator. */
export const serverArgs = {
  url: {
    type: "string",
    valueHint: "URL",
    description: "the orchestrator; otherwise $STEPFLOW_URL, then http://127.0.0.1:7840",
  },
  token: {
    type: "string",
    valueHint: "TOKEN",
    description: "an access token; otherwise $STEPFLOW_TOKEN, which the list of processes does not show",
  },
} as const satisfies ArgsDef;

export const followArgs = {
  "max-concurrency": {
    type: "string",
    valueHint: "N",
    alias: "max-concurrent",
    description: "tasks in flight over the whole run",
  },
  "tolerated-failures": {
    type: "string",
    valueHint: "N|N%",
    description: "items that may fail; one more, and the run ends without starting further ones",
  },
  output: {
    type: "string",
    alias: "o",
    valueHint: "FILE",
    description: "write the result there instead of standard output",
  },
  file: {
    type: "string",
    valueHint: "[NAME=]PATH",
    description: "a further file that load_file may read; may be repeated",
  },
  progress: {
    type: "boolean",
    description: "show the run's events; on by itself on a terminal",
    negativeDescription: "show nothing",
  },
} as const satisfies ArgsDef;

export const DEFAULT_PORT = 7840;

export function serverUrl(args: ParsedArgs<typeof serverArgs>): string {
  const text = args.url ?? process.env["STEPFLOW_URL"] ?? `http://127.0.0.1:${DEFAULT_PORT}`;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw invalid(`--url ${text} is not an http or https URL`, "for example --url http://127.0.0.1:7840");
  return text;
}

/** The API of the orchestrator that the flags name. */
export function serverClient(args: ParsedArgs<typeof serverArgs>): ApiClient {
  const token = args.token ?? process.env["STEPFLOW_TOKEN"];
  // A header cannot carry it, and the reason would not be understood.
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token))
    throw invalid("the access token has characters that no token has", "check --token, or the variable STEPFLOW_TOKEN");
  return new ApiClient(serverUrl(args), token === "" ? undefined : token);
}

/** The flow's path, from the argument or the flag. */
export function flowPath(args: ParsedArgs<typeof flowArgs>): string {
  if (args.path !== undefined && args.flow !== undefined)
    throw invalid("the flow is given twice", "give it as an argument or with --flow");
  const path = args.path ?? args.flow;
  if (path === undefined) throw invalid("no flow is given", "give the path of a flow document, for example: flow.yaml");
  return path;
}

/** `5` or `2.5%`; undefined when the flag is not given. */
export function toleratedFailures(text: string | undefined): ToleratedFailures | undefined {
  if (text === undefined) return undefined;
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const value = Number(number);
  if (number !== undefined && percent === "%" && value <= 100) return { percentage: value };
  if (number !== undefined && percent === "" && Number.isSafeInteger(value)) return { count: value };
  throw invalid(
    `--tolerated-failures ${text}: expected a number of items or a share of them`,
    "for example --tolerated-failures 10 or --tolerated-failures 5%",
  );
}

/** A whole number of at least `least`; undefined when the flag is not given. */
export function wholeNumber(flag: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
    throw invalid(`--${flag} ${text}: expected a whole number of at least ${least}`);
  return value;
}
