export { parseConfig } from "./parse-config.ts";
export { serializeConfig } from "./serialize-config.ts";
export { DEFAULT_CONFIG, type McpResultMode, type PluginConfig, type StepflowConfig } from "./stepflow-config.ts";
export { mayReadVariable } from "./variable-names.ts";
