export { parseConfig } from "./parse-config.ts";
export { serializeConfig } from "./serialize-config.ts";
export { DEFAULT_CONFIG, type PluginConfig, type StepflowConfig } from "./stepflow-config.ts";
