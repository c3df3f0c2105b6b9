import { type TriggerDocument, triggerDocument, triggerName } from "../../protocol/api/trigger.ts";
import { scheduleFaults } from "../schedule/index.ts";
import { type ConfigDiagnostics, childPath } from "./config-diagnostics.ts";
import { toJson } from "./config-document.ts";
import { type Located, SettingReader } from "./setting-reader.ts";

/** Reads `triggers`: by name, each with the fields that a PUT of it over the API has. */
export function readTriggers(
  place: Located | undefined,
  diagnostics: ConfigDiagnostics,
): ReadonlyMap<string, TriggerDocument> {
  const triggers = new Map<string, TriggerDocument>();
  if (!place || !SettingReader.open(place, diagnostics) || place.node.kind !== "map") return triggers;
  for (const { key, value } of place.node.entries) {
    const name = key.kind === "scalar" ? String(key.value) : JSON.stringify(toJson(key));
    const path = childPath(place.path, name);
    const named = triggerName.safeParse(name);
    const read = triggerDocument.safeParse(toJson(value));
    const faults = read.data?.type === "schedule" ? scheduleFaults(read.data) : [];
    if (named.success && read.success && faults.length === 0) triggers.set(name, read.data);
    for (const { field, message } of faults)
      diagnostics.add("invalidSetting", `\`${field}\`: ${message}`, { path: childPath(path, field), at: value.at });
    for (const { message } of named.error?.issues ?? [])
      diagnostics.add("invalidSetting", message, { path, at: key.at });
    for (const issue of read.error?.issues ?? []) {
      const inside = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
      diagnostics.add("invalidSetting", issue.message, { path: inside.reduce(childPath, path), at: value.at });
    }
  }
  return triggers;
}
