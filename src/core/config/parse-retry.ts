import type { Backoff } from "../flow/flow.ts";
import type { ConfigDiagnostics } from "./config-diagnostics.ts";
import { type Located, SettingReader } from "./setting-reader.ts";
import { DEFAULT_RETRY, type RetryConfig } from "./stepflow-config.ts";

/** Reads `retry`; what is not given counts as in `DEFAULT_RETRY`. */
export function readRetry(place: Located | undefined, diagnostics: ConfigDiagnostics): RetryConfig {
  const retry = place && SettingReader.open(place, diagnostics);
  if (!retry) return DEFAULT_RETRY;
  const transportMaxRetries = retry.number("transportMaxRetries", { least: 0 }) ?? DEFAULT_RETRY.transportMaxRetries;
  const backoff = readBackoff(retry.take("backoff"), diagnostics);
  retry.finish();
  return { transportMaxRetries, backoff };
}

function readBackoff(place: Located | undefined, diagnostics: ConfigDiagnostics): Backoff {
  const fallback = DEFAULT_RETRY.backoff;
  const settings = place && SettingReader.open(place, diagnostics);
  if (!settings) return fallback;
  const type = settings.oneOf("type", ["constant", "exponential", "fibonacci"]) ?? fallback.type;
  const jitter = settings.oneOf("jitter", ["none", "full"]) ?? fallback.jitter;
  if (type === "constant") {
    const delayMs = settings.number("delayMs", { least: 0 }) ?? fallback.minDelayMs;
    settings.finish();
    return { type, minDelayMs: delayMs, maxDelayMs: delayMs, factor: 1, jitter };
  }
  const minDelayMs = settings.number("minDelayMs", { least: 0 }) ?? fallback.minDelayMs;
  const maxDelayMs = settings.number("maxDelayMs", { least: 0 }) ?? Math.max(fallback.maxDelayMs, minDelayMs);
  const factor = settings.number("factor", { least: 1, fractions: true }) ?? fallback.factor;
  settings.finish();
  return { type, minDelayMs, maxDelayMs, factor, jitter };
}
