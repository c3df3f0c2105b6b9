export { allExamples } from "./all-examples.ts";
export type { AppliedOverrides } from "./apply-overrides.ts";
export { applyOverrides } from "./apply-overrides.ts";
export { componentUses } from "./component-uses.ts";
export { MAX_DOCUMENT_BYTES } from "./document-limits.ts";
export { withEnvironment } from "./environment-variables.ts";
export type {
  Backoff,
  Compensation,
  ErrorAction,
  Flow,
  FlowExample,
  FlowSchemas,
  FlowTestCase,
  FlowTests,
  RetryPolicy,
  Step,
} from "./flow.ts";
export { flowIdOf } from "./flow-id.ts";
export type { FlowVariable } from "./flow-variables.ts";
export { flowVariables, variableDefault } from "./flow-variables.ts";
export { locateDiagnostics } from "./locate-diagnostics.ts";
export type { ParsedDuration } from "./parse-duration.ts";
export { parseDuration } from "./parse-duration.ts";
export type { ParsedFlowText } from "./parse-flow.ts";
export { parseFlow } from "./parse-flow.ts";
export type { ReadDocument, ReadOptions } from "./read-document.ts";
export { readDocument } from "./read-document.ts";
export type { ParsedFlow } from "./read-flow.ts";
export { parseFlowDocument } from "./read-flow.ts";
export { canonicalFlowText, serializeFlow, serializeStep } from "./serialize-flow.ts";
export type { SourceMap } from "./source-map.ts";
export { validateFlow } from "./validate-flow.ts";
