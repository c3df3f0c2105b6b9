import { checkEgress, type EgressConfig, egressPolicy, type HostPattern, parseHostPattern } from "../egress/index.ts";
import { type ConfigDiagnostics, childPath } from "./config-diagnostics.ts";
import { type Located, SettingReader } from "./setting-reader.ts";

/** Reads `egress`; `undefined` where it is not given. */
export function readEgress(place: Located | undefined, diagnostics: ConfigDiagnostics): EgressConfig | undefined {
  const settings = place && SettingReader.open(place, diagnostics);
  if (!settings) return undefined;
  const allowHosts = settings.strings("allowHosts")?.flatMap((text, index) => readHost(text, index, settings));
  const allowPrivate = settings.boolean("allowPrivate");
  const allowHttp = settings.boolean("allowHttp");
  const allowPorts = settings.strings("allowPorts")?.flatMap((text, index) => readPort(text, index, settings));
  settings.finish();
  return {
    ...(allowHosts && { allowHosts }),
    ...(allowPrivate !== undefined && { allowPrivate }),
    ...(allowHttp !== undefined && { allowHttp }),
    ...(allowPorts && { allowPorts }),
  };
}

function readHost(text: string, index: number, settings: SettingReader): readonly HostPattern[] {
  const pattern = parseHostPattern(text);
  if (pattern) return [pattern];
  refuseEntry(settings, "allowHosts", index, `"${text}" is no host`, "write example.com, *.example.com or host:8443");
  return [];
}

function readPort(text: string, index: number, settings: SettingReader): readonly number[] {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return [port];
  refuseEntry(settings, "allowPorts", index, `"${text}" is no port`, "write a number of 1 to 65535");
  return [];
}

function refuseEntry(settings: SettingReader, key: string, index: number, message: string, hint: string): void {
  const place = settings.take(key);
  const item = place?.node.kind === "list" ? place.node.items[index] : undefined;
  const path = childPath(place?.path ?? settings.path, index);
  settings.diagnostics.add("invalidSetting", message, { path, at: item?.at ?? settings.at, hint });
}

/** Finds the URLs of plugins that no request would be let out to. */
export function checkPluginUrls(
  plugins: Located | undefined,
  egress: EgressConfig | undefined,
  local: boolean,
  diagnostics: ConfigDiagnostics,
): void {
  if (plugins?.node.kind !== "map") return;
  const policy = egressPolicy(egress, local);
  for (const { key, value } of plugins.node.entries) {
    if (key.kind !== "scalar" || value.kind !== "map") continue;
    for (const { key: setting, value: url } of value.entries) {
      if (setting.kind !== "scalar" || setting.value !== "url" || url.kind !== "scalar") continue;
      const verdict = checkEgress(String(url.value), policy);
      // What is no http URL at all has been found where plugins are read; older kinds have URLs that nobody calls.
      if (verdict.kind === "allowed" || verdict.rule === "url" || !/^https?:/i.test(String(url.value))) continue;
      const path = childPath(childPath(plugins.path, String(key.value)), "url");
      diagnostics.add("refusedUrl", `plugin '${String(key.value)}' would not be called: ${verdict.reason}`, {
        path,
        at: url.at,
      });
    }
  }
}
