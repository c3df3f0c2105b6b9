/** What a flow's schemas mark as secret: in variables, inputs, results, and in the document itself (defaults, examples). */
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Flow } from "../flow/flow.ts";
import { serializeFlow } from "../flow/index.ts";
import { compileMarks, hasMark, isMarked, isObject, type Marks, REDACTED } from "./marks.ts";
import { type Redactor, redactorFor, secretTexts } from "./redactor.ts";

export interface FlowSecrets {
  readonly variables: Marks | undefined;
  readonly input: Marks | undefined;
  readonly output: Marks | undefined;
  /** By step id. */
  readonly steps: ReadonlyMap<string, Marks>;
  /** Texts that the document itself holds: defaults of marked places. */
  readonly texts: readonly string[];
}

const VALUE_KEYWORDS = ["default", "const", "enum", "example", "examples"] as const;
const found = new WeakMap<Flow, { readonly secrets: FlowSecrets | undefined }>();

/** `undefined`: it marks nothing. */
export function flowSecrets(flow: Flow): FlowSecrets | undefined {
  const known = found.get(flow);
  if (known) return known.secrets;
  const secrets = flow.schemas && hasMark(flow.schemas as unknown as Json) ? readSecrets(flow) : undefined;
  found.set(flow, { secrets });
  return secrets;
}

function readSecrets(flow: Flow): FlowSecrets {
  const { defs, variables, input, output, steps = {} } = flow.schemas ?? {};
  const texts: string[] = [];
  maskDocument(serializeFlow(flow), (secret) => texts.push(...secretTexts(secret)));
  return {
    variables: compileMarks(variables, defs),
    input: compileMarks(input, defs),
    output: compileMarks(output, defs),
    steps: new Map(
      Object.entries(steps).flatMap(([id, schema]): [string, Marks][] => {
        const marks = compileMarks(schema, defs);
        return marks ? [[id, marks]] : [];
      }),
    ),
    texts,
  };
}

/** Texts that a submission must not be quoted with: those of its variables and inputs, and of the flow's own defaults. */
export function submissionRedactor(
  flow: Flow,
  { variables, inputs = [] }: { readonly variables?: Json | undefined; readonly inputs?: readonly Json[] | undefined },
): Redactor | undefined {
  const secrets = flowSecrets(flow);
  if (!secrets) return undefined;
  const texts = new Set(secrets.texts);
  const add = (secret: Json): void => {
    for (const text of secretTexts(secret)) texts.add(text);
  };
  if (variables !== undefined) secrets.variables?.mask(variables, add);
  for (const input of inputs) secrets.input?.mask(input, add);
  return redactorFor(texts);
}

/** A flow's document as it is shown: without what stands in marked places, there and wherever else it is quoted. */
export function showFlowDocument(document: Json): Json {
  if (!hasMark(document)) return document;
  const texts = new Set<string>();
  const masked = maskDocument(document, (secret) => {
    for (const text of secretTexts(secret)) texts.add(text);
  });
  return redactorFor(texts).json(masked);
}

function maskDocument(document: Json, tell: (secret: Json) => void): Json {
  const schemas = isObject(document) && isObject(document["schemas"]) ? document["schemas"] : {};
  const defs = isObject(schemas["$defs"]) ? schemas["$defs"] : undefined;
  const masked = maskSchemas(document, defs, false, tell);
  const { input, variables } = isObject(schemas["properties"]) ? schemas["properties"] : {};
  const marks = { input: compileMarks(input, defs), variables: compileMarks(variables, defs) };
  if (!isObject(masked)) return masked;
  const shown: Record<string, Json> = { ...masked };
  for (const name of ["examples", "test"]) {
    const given = shown[name];
    if (given !== undefined) shown[name] = maskGiven(given, marks, tell);
  }
  return shown;
}

/** Values that schemas hold themselves. */
function maskSchemas(json: Json, defs: JsonObject | undefined, within: boolean, tell: (secret: Json) => void): Json {
  if (Array.isArray(json)) return json.map((child) => maskSchemas(child, defs, within, tell));
  if (!isObject(json)) return json;
  const isSecret = within || isMarked(json);
  const marks =
    !isSecret && VALUE_KEYWORDS.some((name) => json[name] !== undefined) ? compileMarks(json, defs) : undefined;
  return Object.fromEntries(
    Object.entries(json).map(([name, child]): [string, Json] => {
      if (!VALUE_KEYWORDS.some((keyword) => keyword === name)) return [name, maskSchemas(child, defs, isSecret, tell)];
      if (isSecret) {
        tell(child);
        return [name, Array.isArray(child) ? child.map(() => REDACTED) : REDACTED];
      }
      if (!marks) return [name, maskSchemas(child, defs, false, tell)];
      const isList = name === "enum" || name === "examples";
      return [
        name,
        isList && Array.isArray(child) ? child.map((each) => marks.mask(each, tell)) : marks.mask(child, tell),
      ];
    }),
  );
}

/** Inputs of examples and of test cases. */
function maskGiven(
  json: Json,
  marks: { readonly input: Marks | undefined; readonly variables: Marks | undefined },
  tell: (secret: Json) => void,
): Json {
  if (Array.isArray(json)) return json.map((child) => maskGiven(child, marks, tell));
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, child]): [string, Json] => {
      if (name === "input" || name === "variables") return [name, marks[name]?.mask(child, tell) ?? child];
      return [name, name === "cases" ? maskGiven(child, marks, tell) : child];
    }),
  );
}
