import type { Json, JsonObject } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { describeJson, FieldReader, type Found, isObject, type Report } from "./field-reader.ts";
import type { FlowSchemas } from "./flow.ts";
import { type FLOW_FIELDS, SCHEMA_PROPERTIES, SCHEMAS_FIELDS } from "./known-fields.ts";

type FlowFields = FieldReader<typeof FLOW_FIELDS>;

/** Reads `schemas`, together with the older `inputSchema` / `outputSchema` of the flow and the output schemas found on its steps. */
export function readSchemas(
  flow: FlowFields,
  stepSchemas: ReadonlyMap<string, Json>,
  report: Report,
): FlowSchemas | undefined {
  const written = readWrapper(flow.get("schemas"), report);
  const input = written.input ?? readOlder(flow, "inputSchema", "input", report);
  const output = written.output ?? readOlder(flow, "outputSchema", "output", report);
  // One built of entries keeps a step that is called `__proto__`.
  const steps = Object.fromEntries([...stepSchemas, ...Object.entries(written.steps ?? {})]);
  const schemas: FlowSchemas = {
    ...written,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(Object.keys(steps).length > 0 && { steps }),
  };
  return Object.keys(schemas).length > 0 ? schemas : undefined;
}

function readWrapper(source: Found | undefined, report: Report): FlowSchemas {
  if (source === undefined) return {};
  if (!isObject(source.value)) {
    report("wrongType", `FlowSchema must be an object, not ${describeJson(source.value)}`, source.at, {
      hint: "Write schemas: { type: object, properties: { input: … } }.",
    });
    return {};
  }
  const wrapper = source.value;
  if (wrapper["properties"] === undefined || wrapper["properties"] === null) {
    for (const name of Object.keys(SCHEMA_PROPERTIES)) {
      if (!Object.hasOwn(wrapper, name)) continue;
      report("invalidValue", `FlowSchema field "${name}" must be inside a "properties" wrapper`, [...source.at, name], {
        hint: `Write schemas: { type: object, properties: { ${name}: … } }.`,
      });
      return {};
    }
  }
  const fields = new FieldReader({ value: wrapper, at: source.at }, SCHEMAS_FIELDS, report);
  const defs = fields.object("$defs")?.value;
  const properties = fields.object("properties");
  if (properties === undefined) return { ...(defs && { defs }) };

  const schemas = new FieldReader(properties, SCHEMA_PROPERTIES, report);
  const [input, output, variables] = [schemas.get("input"), schemas.get("output"), schemas.get("variables")];
  const steps = readStepSchemas(schemas.object("steps"), report);
  return {
    ...(defs && { defs }),
    ...(input && { input: input.value }),
    ...(output && { output: output.value }),
    ...(variables && { variables: variables.value }),
    ...(steps && { steps }),
  };
}

function readStepSchemas(source: Found<JsonObject> | undefined, report: Report): JsonObject | undefined {
  if (source === undefined) return undefined;
  return new FieldReader(source, SCHEMAS_FIELDS, report).object("properties")?.value;
}

function readOlder(
  flow: FlowFields,
  name: "inputSchema" | "outputSchema",
  modern: "input" | "output",
  report: Report,
): Json | undefined {
  const found = flow.get(name);
  if (found === undefined) return undefined;
  // In its canonical place it lies two levels deeper.
  if (isDeeperThan(found.value, MAX_JSON_DEPTH - 3)) {
    report("nestingTooDeep", `Nested more than ${MAX_JSON_DEPTH - 3} levels deep`, found.at, {
      hint: "Flatten the schema.",
    });
    return undefined;
  }
  report("olderForm", `'${name}' has moved to schemas.properties.${modern}`, found.at, {
    hint: `Write schemas: { type: object, properties: { ${modern}: … } }.`,
  });
  return found.value;
}
