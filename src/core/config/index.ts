export { type ParsedConfig, parseConfig } from "./parse-config.ts";
export { serializeConfig } from "./serialize-config.ts";
export {
  DEFAULT_CONFIG,
  DEFAULT_RETRY,
  type PluginConfig,
  type PluginKind,
  type RetryConfig,
  type RouteRule,
  type StepflowConfig,
  type ValidationMode,
} from "./stepflow-config.ts";
