export { type FlowSecrets, flowSecrets, showFlowDocument, submissionRedactor } from "./flow-secrets.ts";
export { compileMarks } from "./marks.ts";
export { REDACT_ALL, type Redactor, redactorFor, secretTexts } from "./redactor.ts";
