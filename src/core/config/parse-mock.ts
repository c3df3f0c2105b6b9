import { assertNever } from "../../protocol/assert-never.ts";
import type { Json } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { TASK_ERROR_CODES, type TaskError, type TaskErrorCode } from "../../protocol/task-error.ts";
import { taskErrorCodeFromNumber } from "../../protocol/worker-error-code.ts";
import { type ConfigDiagnostics, childPath } from "./config-diagnostics.ts";
import { type ConfigNode, toJson } from "./config-document.ts";
import { type Located, SettingReader } from "./setting-reader.ts";
import type { MockBehavior, MockComponentConfig } from "./stepflow-config.ts";

/** Reads the `components` of a mock plugin. */
export function readMockComponents(
  place: Located | undefined,
  diagnostics: ConfigDiagnostics,
): readonly MockComponentConfig[] {
  const map = place && SettingReader.open(place, diagnostics);
  if (!place || !map || place.node.kind !== "map") return [];
  return place.node.entries.flatMap(({ key, value }) => {
    const name = key.kind === "scalar" ? String(key.value) : "";
    const settings = SettingReader.open({ node: value, path: childPath(place.path, name) }, diagnostics);
    if (!settings) return [];
    const inputSchema = settings.json("inputSchema");
    const outputSchema = settings.json("outputSchema");
    const behaviors = readBehaviors(settings.take("behaviors"), diagnostics);
    settings.finish();
    return [
      {
        component: name.startsWith("/") ? name : `/${name}`,
        ...(inputSchema !== undefined && { inputSchema }),
        ...(outputSchema !== undefined && { outputSchema }),
        behaviors,
      },
    ];
  });
}

/** A map from the input to the result (its keys are whole values), or a list of {input, result}. */
function readBehaviors(place: Located | undefined, diagnostics: ConfigDiagnostics): readonly MockBehavior[] {
  if (!place) return [];
  const pairs: { readonly input: ConfigNode; readonly result: Located }[] = [];
  if (place.node.kind === "map") {
    for (const { key, value } of place.node.entries) {
      pairs.push({ input: key, result: { node: value, path: childPath(place.path, JSON.stringify(toJson(key))) } });
    }
  } else if (place.node.kind === "list") {
    for (const [index, node] of place.node.items.entries()) {
      const settings = SettingReader.open({ node, path: childPath(place.path, index) }, diagnostics);
      const result = settings?.take("result");
      const input =
        node.kind === "map"
          ? node.entries.find(({ key }) => key.kind === "scalar" && key.value === "input")
          : undefined;
      if (input && result) pairs.push({ input: input.value, result });
      else
        diagnostics.add("missingSetting", "a behaviour has an input and a result", {
          path: childPath(place.path, index),
          at: node.at,
        });
    }
  } else {
    diagnostics.add("invalidSetting", "behaviors are a map from input to result", {
      path: place.path,
      at: place.node.at,
    });
  }
  return pairs.flatMap(({ input, result }) => {
    const read = readResult(result, diagnostics);
    return read ? [{ input: inputOf(input), result: read }] : [];
  });
}

/** A JSON document can hold a key only as text: JSON text of an object or list stands for that value. */
function inputOf(node: ConfigNode): Json {
  if (node.kind === "scalar" && typeof node.value === "string" && /^\s*[[{]/.test(node.value)) {
    const parsed = parseJson(node.value);
    if (parsed.kind === "json") return parsed.json;
  }
  return toJson(node);
}

function readResult(place: Located, diagnostics: ConfigDiagnostics): MockBehavior["result"] | undefined {
  const settings = SettingReader.open(place, diagnostics);
  if (!settings) return undefined;
  const error = settings.take("error");
  if (!settings.take("outcome") && error?.node.kind === "scalar")
    return { outcome: "crash", message: String(error.node.value) };
  const outcome = settings.oneOf("outcome", ["success", "failed", "crash"]);
  const result = settings.json("result");
  const message = outcome === "crash" ? settings.string("message") : undefined;
  settings.finish();
  switch (outcome) {
    case "success":
      return { outcome, result: result ?? null };
    case "failed":
      return { outcome, error: readError(error, diagnostics) };
    case "crash":
      return { outcome, message: message ?? "" };
    case undefined:
      if (!settings.take("outcome")) {
        diagnostics.add("missingSetting", "a behaviour's result says its outcome", {
          path: place.path,
          at: place.node.at,
          hint: "write {outcome: success, result: …}, {outcome: failed, error: {code, message}} or {error: message}",
        });
      }
      return undefined;
    default:
      return assertNever(outcome);
  }
}

function readError(place: Located | undefined, diagnostics: ConfigDiagnostics): TaskError {
  const settings = place && SettingReader.open(place, diagnostics);
  if (!settings) return { code: "COMPONENT_FAILED", message: "mock failure" };
  const message = settings.string("message") ?? "mock failure";
  const data = settings.json("data");
  const code = readCode(settings);
  settings.finish();
  return { code, message, ...(data !== undefined && { data }) };
}

function readCode(settings: SettingReader): TaskErrorCode {
  const place = settings.take("code");
  const written = place?.node.kind === "scalar" ? place.node.value : undefined;
  if (typeof written === "string") return settings.oneOf("code", TASK_ERROR_CODES) ?? "COMPONENT_FAILED";
  if (typeof written !== "number" || !place) return "COMPONENT_FAILED";
  const code = taskErrorCodeFromNumber(written);
  settings.diagnostics.add("olderSpelling", `error code ${written} is now ${code}`, {
    path: place.path,
    at: place.node.at,
    hint: `write code: ${code}`,
  });
  return code;
}
