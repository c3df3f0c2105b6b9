import type { Json, JsonObject } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { ComponentError, messageOf } from "../component-error.ts";
import type { Fault } from "../fault.ts";
import { type JsonSchemaDocument, jsonSchema } from "./json-schema.ts";
import { isStandardSchema, type StandardIssue, type StandardSchema } from "./standard-schema.ts";

/** What describes an input or an output: a schema of zod, valibot, ArkType or any other Standard Schema, or plain JSON Schema. */
export type ComponentSchema = StandardSchema | JsonSchemaDocument;

/** The type of a value that has been read by a schema. Plain JSON Schema says nothing to TypeScript: see `jsonSchema`. */
export type ReadBy<S> = S extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : Json
  : Json;

/** The type of a value that a schema accepts. */
export type AcceptedBy<S> = S extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : unknown;

export type Reading =
  | { readonly kind: "sound"; readonly value: unknown }
  | { readonly kind: "faulty"; readonly faults: readonly Fault[] };

/** A schema ready for use. */
export interface SchemaReader {
  /** What is listed; `{}` where the library cannot say it in JSON Schema. */
  readonly json: JsonObject;
  read(value: unknown): Promise<Reading>;
}

/** `side`: an output is listed as it leaves, after defaults and transformations. */
export function schemaReader(schema: ComponentSchema | undefined, side: "input" | "output"): SchemaReader {
  const standard = isStandardSchema(schema) ? schema : jsonSchema<unknown>(schema ?? {});
  return {
    json: listedSchema(standard, side),
    async read(value) {
      const result = await validate(standard, value, side);
      return result.issues === undefined
        ? { kind: "sound", value: result.value }
        : { kind: "faulty", faults: result.issues.map(faultOf) };
    },
  };
}

/** A schema that throws (a reference that leads nowhere, say) is the worker's fault, not that of the value. */
async function validate(schema: StandardSchema, value: unknown, side: string) {
  try {
    return await schema["~standard"].validate(value);
  } catch (thrown) {
    const message = `the ${side} schema cannot be used: ${messageOf(thrown)}`;
    throw new ComponentError(message, { code: "WORKER_ERROR", cause: thrown });
  }
}

function listedSchema(schema: StandardSchema, side: "input" | "output"): JsonObject {
  try {
    const document = schema["~standard"].jsonSchema?.[side]({ target: "draft-2020-12" });
    const parsed = document && parseJson(JSON.stringify(document));
    return parsed?.kind === "json" && isObject(parsed.json) ? parsed.json : {};
  } catch {
    // A date, a transformation, a class: it is checked all the same.
    return {};
  }
}

function faultOf({ message, path = [] }: StandardIssue): Fault {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return { pointer: keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""), message };
}

function isObject(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
