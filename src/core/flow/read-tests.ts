import type { JsonObject } from "../../protocol/json.ts";
import { describeJson, FieldReader, type Found, isObject, type Report } from "./field-reader.ts";
import type { FlowExample, FlowTestCase, FlowTests } from "./flow.ts";
import { EXAMPLE_FIELDS, type FieldTable, TEST_CASE_FIELDS, TEST_FIELDS } from "./known-fields.ts";

/** Reads `test`. */
export function readTests(source: Found<JsonObject> | undefined, report: Report): FlowTests | undefined {
  if (source === undefined) return undefined;
  const fields = new FieldReader(source, TEST_FIELDS, report);
  const configFile = fields.string("configFile");
  const config = fields.get("config");
  const servers = fields.get("servers");
  if (configFile !== undefined && config !== undefined) {
    report("ignoredKey", "test.config and test.config_file are mutually exclusive", config.at, {
      hint: "Keep one of them.",
    });
  }
  const cases = fields.array("cases");
  return {
    ...(configFile !== undefined && { configFile }),
    ...(config && { config: config.value }),
    ...(servers && { servers: servers.value }),
    cases: (cases?.value ?? []).flatMap((value, index) =>
      readCase({ value, at: [...(cases?.at ?? []), index] }, report),
    ),
  };
}

function readCase(source: Found, report: Report): FlowTestCase[] {
  const fields = readNamed(source, TEST_CASE_FIELDS, "A test case", report);
  if (fields === undefined) return [];
  const output = fields.reader.get("output");
  return [{ ...named(fields), ...(output && { output: output.value }) }];
}

/** Reads one of `examples`. */
export function readExample(source: Found, report: Report): FlowExample | undefined {
  const fields = readNamed(source, EXAMPLE_FIELDS, "An example", report);
  return fields && named(fields);
}

interface Named {
  readonly name: string;
  readonly reader: FieldReader<FieldTable & typeof EXAMPLE_FIELDS>;
}

function named({ name, reader }: Named): FlowExample {
  const description = reader.string("description");
  return { name, ...(description !== undefined && { description }), input: reader.get("input")?.value ?? null };
}

function readNamed(
  source: Found,
  table: FieldTable & typeof EXAMPLE_FIELDS,
  what: string,
  report: Report,
): Named | undefined {
  if (!isObject(source.value)) {
    report("wrongType", `${what} must be an object, not ${describeJson(source.value)}`, source.at, {
      hint: "Write `- name: …` and `input: …`.",
    });
    return undefined;
  }
  const reader = new FieldReader({ value: source.value, at: source.at }, table, report);
  const name = reader.string("name");
  if (reader.get("name") === undefined) {
    report("missingField", `${what} needs 'name'`, source.at, { hint: "Name it: `name: happy_path`." });
  }
  return name === undefined ? undefined : { name, reader };
}
