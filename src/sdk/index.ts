/** `stepflow-edge/sdk`: workers (any runtime with `fetch`), the client, and what tests components without a server. */

export type { RunEventMessage } from "../protocol/event.ts";
export type { FlowResult } from "../protocol/flow-result.ts";
export type { Json, JsonObject } from "../protocol/json.ts";
export type { ItemResult, RunSummary, StepRecord } from "../protocol/run.ts";
export type { TaskError, TaskErrorCode } from "../protocol/task-error.ts";
export type { RunWait } from "../protocol/wait.ts";
export type { ClientOptions } from "./client/api-request.ts";
export type { FlowDocument, ListedFlow, StoredFlow } from "./client/flow-client.ts";
export type { FinishedRun, RunFilter, RunRequest, SubmitRunOptions } from "./client/run-client.ts";
export type { EventOptions } from "./client/run-events.ts";
export type { AcceptedSignal, SignalRequest } from "./client/signal-client.ts";
export { StepflowApiError } from "./client/stepflow-api-error.ts";
export { StepflowClient } from "./client/stepflow-client.ts";
export { type ComponentDefinition, defineComponent } from "./component.ts";
export { ComponentError } from "./component-error.ts";
export type { Fault } from "./fault.ts";
export type { LogEntry } from "./log-entry.ts";
export type { ComponentSchema } from "./schema/component-schema.ts";
export { type JsonSchemaDocument, jsonSchema } from "./schema/json-schema.ts";
export type { StandardSchema } from "./schema/standard-schema.ts";
export { runStdio, StepflowStdioServer } from "./stdio/stepflow-stdio-server.ts";
export {
  type GetRunOptions,
  type Log,
  type PutBlobOptions,
  StepflowContext,
  type SubmitOptions,
  type SubRun,
  type SubRunItem,
} from "./stepflow-context.ts";
export { createTestContext, type TestContext, type TestContextOptions } from "./testing/test-context.ts";
export { createWorker, type Worker, type WorkerOptions } from "./worker.ts";
