import { assertNever } from "../../protocol/assert-never.ts";
import { SIGNING_SECRET_FORM, signingKey } from "../../protocol/signing-secret.ts";
import type { ConfigDiagnostics } from "./config-diagnostics.ts";
import { readMockComponents } from "./parse-mock.ts";
import { type Located, SettingReader } from "./setting-reader.ts";
import type { PluginConfig, PluginKind, Subprocess, ValidationMode } from "./stepflow-config.ts";

const DEFAULT_QUEUE_TIMEOUT_SECONDS = 30;

/** Reads one entry of `plugins` in any of its spellings; `undefined` after an error. */
export function readPlugin(name: string, place: Located, diagnostics: ConfigDiagnostics): PluginConfig | undefined {
  const settings = SettingReader.open(place, diagnostics);
  const kind = settings && readKind(settings);
  if (!settings || kind === undefined) return undefined;
  const base = { name, validation: readValidation(settings, kind), ...readTimeout(settings) };
  const plugin = readByKind(kind, base, settings);
  settings.finish();
  return plugin;
}

type Base = Pick<PluginConfig, "name" | "validation" | "timeoutMs">;

function readByKind(kind: PluginKind, base: Base, settings: SettingReader): PluginConfig | undefined {
  switch (kind) {
    case "builtin":
      return { ...base, kind };
    case "mock":
      return { ...base, kind, components: readMockComponents(settings.take("components"), settings.diagnostics) };
    case "http": {
      settings.ignored("healthCheck", "a worker's health shows in its answers");
      const url = readUrl(settings);
      return url === undefined
        ? undefined
        : { ...base, kind, url, headers: settings.texts("headers"), ...readHttpSettings(settings) };
    }
    case "service": {
      const binding = settings.requiredString(
        "binding",
        "name the service binding of wrangler.toml, for example binding: TEXT_WORKER",
      );
      const worker = settings.string("worker");
      return binding === undefined
        ? undefined
        : { ...base, kind, binding, ...(worker !== undefined && { worker }), ...readHttpSettings(settings) };
    }
    case "queue":
      return readQueue(base, settings);
    case "mcp":
      return readMcp(base, settings);
    case "stdio": {
      const command = readCommand(settings);
      return command && { ...base, kind, ...command };
    }
    default:
      return assertNever(kind);
  }
}

function readKind(settings: SettingReader): PluginKind | undefined {
  const type = settings.requiredString("type", "say what the plugin is, for example type: http");
  switch (type) {
    case undefined:
      return undefined;
    case "builtin":
    case "mock":
    case "http":
    case "service":
    case "queue":
    case "mcp":
    case "stdio":
      return type;
    case "grpc":
    case "nats":
    case "pull":
      return "queue";
    case "stepflow": {
      const transport = settings.oneOf("transport", ["http", "stdio"]) ?? (settings.take("url") ? "http" : "stdio");
      note(settings, `type "stepflow" is now "${transport}"`, `write type: ${transport}`);
      return transport;
    }
    default:
      settings.diagnostics.add("unknownPluginType", `unknown plugin type "${type}"`, {
        path: `${settings.path}.type`,
        at: settings.take("type")?.node.at ?? settings.at,
        hint: "known types: builtin, mock, http, service, queue (grpc, nats, pull), mcp, stdio",
      });
      return undefined;
  }
}

function note(settings: SettingReader, message: string, hint: string): void {
  const at = settings.take("type")?.node.at ?? settings.at;
  settings.diagnostics.add("olderSpelling", message, { path: `${settings.path}.type`, at, hint });
}

function readValidation(settings: SettingReader, kind: PluginKind): ValidationMode {
  const chosen = settings.oneOf("validation", ["off", "warn", "enforce"]);
  if (chosen !== undefined && chosen !== "off" && kind === "mock") {
    settings.diagnostics.add("ignoredSetting", `"validation: ${chosen}" has no effect on mock plugins`, {
      path: `${settings.path}.validation`,
      at: settings.at,
      hint: "A mock compares whole inputs with its behaviors.",
    });
  }
  if (chosen) return chosen;
  if (kind === "builtin") return "enforce";
  return kind === "mock" ? "off" : "warn";
}

/** `timeout` is in seconds, as older configurations write it; `timeoutMs` says its unit. */
function readTimeout(settings: SettingReader): { readonly timeoutMs?: number } {
  const seconds = settings.number("timeout", { least: 0.001, fractions: true });
  const timeoutMs =
    settings.number("timeoutMs", { least: 1 }) ?? (seconds === undefined ? undefined : Math.round(seconds * 1000));
  return timeoutMs === undefined ? {} : { timeoutMs };
}

function readHttpSettings(settings: SettingReader): {
  readonly maxResponseBytes?: number;
  readonly signingSecret?: string;
} {
  const maxResponseBytes = settings.number("maxResponseBytes", { least: 1 });
  const signingSecret = readSigningSecret(settings);
  return {
    ...(maxResponseBytes !== undefined && { maxResponseBytes }),
    ...(signingSecret !== undefined && { signingSecret }),
  };
}

/** What is wrong with it is told without showing it. */
function readSigningSecret(settings: SettingReader): string | undefined {
  const secret = settings.string("signingSecret");
  if (secret === undefined || signingKey(secret)) return secret;
  settings.diagnostics.add("invalidSetting", `not a signing secret: ${SIGNING_SECRET_FORM}`, {
    path: `${settings.path}.signingSecret`,
    at: settings.take("signingSecret")?.node.at ?? settings.at,
    hint: 'make one with: echo "whsec_$(openssl rand -base64 32)", and write it as ${VAR}',
  });
  return undefined;
}

function readUrl(settings: SettingReader): string | undefined {
  const url = settings.requiredString("url", "give the worker's base URL, for example url: http://127.0.0.1:8080");
  if (url === undefined) return undefined;
  if (/^https?:\/\/[^/\s]+/.test(url) && URL.canParse(url)) return url;
  settings.diagnostics.add("invalidSetting", `"${url}" is not an absolute http or https URL`, {
    path: `${settings.path}.url`,
    at: settings.take("url")?.node.at ?? settings.at,
    hint: "write it with its scheme and host, for example http://127.0.0.1:8080",
  });
  return undefined;
}

function readCommand(settings: SettingReader): Subprocess | undefined {
  const command = settings.requiredString("command", "give the program to start, for example command: python");
  const args = settings.strings("args") ?? [];
  const env = settings.texts("env");
  const workingDirectory = settings.string("workingDirectory");
  return command === undefined
    ? undefined
    : { command, args, env, ...(workingDirectory !== undefined && { workingDirectory }) };
}

function readQueue(base: Base, settings: SettingReader): PluginConfig {
  const queueName = settings.string("queueName") ?? settings.string("stream") ?? base.name;
  const waiting = settings.number("queueTimeoutSecs", { least: 1 }) ?? DEFAULT_QUEUE_TIMEOUT_SECONDS;
  const execution = settings.number("executionTimeoutSecs", { least: 1 });
  const command = settings.take("command") ? readCommand(settings) : undefined;
  for (const key of ["url", "consumer", "args", "env"])
    settings.ignored(key, "workers pull from the orchestrator's own queue");
  return {
    ...base,
    kind: "queue",
    queueName,
    queueTimeoutMs: waiting * 1000,
    ...(execution !== undefined && { executionTimeoutMs: execution * 1000 }),
    ...(command && { command }),
  };
}

function readMcp(base: Base, settings: SettingReader): PluginConfig | undefined {
  const result = settings.oneOf("result", ["content", "structured"]) ?? "content";
  if (settings.take("url")) {
    const url = readUrl(settings);
    return url === undefined
      ? undefined
      : { ...base, kind: "mcp", result, server: { kind: "url", url, headers: settings.texts("headers") } };
  }
  const command = readCommand(settings);
  return command && { ...base, kind: "mcp", result, server: { kind: "command", ...command } };
}
