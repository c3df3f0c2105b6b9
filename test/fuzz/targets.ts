import { startApiTarget } from "./api-target.ts";
import { expressionTarget, pathTarget } from "./expression-target.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { configTarget, flowTarget } from "./parser-target.ts";
import { sdkHttpTarget, sdkStdioTarget } from "./sdk-target.ts";
import { mcpTarget, streamTarget, workerTarget } from "./worker-answer-target.ts";

/** By name; some start something first. */
export const TARGETS: Readonly<Record<string, () => FuzzTarget | Promise<FuzzTarget>>> = {
  parser: () => flowTarget,
  config: () => configTarget,
  expressions: () => expressionTarget,
  paths: () => pathTarget,
  "worker-answers": () => workerTarget,
  "event-streams": () => streamTarget,
  "mcp-answers": () => mcpTarget,
  "sdk-http": () => sdkHttpTarget,
  "sdk-stdio": () => sdkStdioTarget,
  api: startApiTarget,
};
