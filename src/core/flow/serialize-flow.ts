import { assertNever } from "../../protocol/assert-never.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { type Expression, serializeExpression } from "../expression/index.ts";
import type {
  CachePolicy,
  Compensation,
  ErrorAction,
  Flow,
  FlowSchemas,
  FlowTests,
  RetryPolicy,
  Step,
} from "./flow.ts";

/**
 * The canonical document of a flow (FLOW-8): camelCase, model fields in the reference's order and then ours, free content as it
 * came, everything absent or empty left out. Reads back as an equal flow.
 */
export function serializeFlow(flow: Flow): JsonObject {
  return {
    ...optional("name", flow.name),
    ...optional("description", flow.description),
    ...optional("version", flow.version),
    ...(flow.schemas && { schemas: serializeSchemas(flow.schemas) }),
    ...(flow.steps.length > 0 && { steps: flow.steps.map(serializeStep) }),
    ...unlessNull("output", flow.output),
    ...(flow.test && { test: serializeTests(flow.test) }),
    ...(flow.examples && flow.examples.length > 0 && { examples: flow.examples.map((example) => ({ ...example })) }),
    ...optional("metadata", flow.metadata),
    ...optional("timeout", flow.timeoutMs),
    ...optional("itemTimeout", flow.itemTimeoutMs),
    ...optional("maxConcurrency", flow.maxConcurrency),
  };
}

/** The compact JSON of `serializeFlow`: what is stored and hashed. */
export function canonicalFlowText(flow: Flow): string {
  return JSON.stringify(serializeFlow(flow));
}

/** The canonical document of one step: what an override patches. */
export function serializeStep(step: Step): JsonObject {
  return {
    id: step.id,
    component: step.component,
    ...(step.onError.kind !== "fail" && { onError: serializeErrorAction(step.onError) }),
    ...unlessNull("input", step.input),
    ...(step.mustExecute && { mustExecute: true }),
    ...optional("metadata", step.metadata),
    ...(step.skip && { skip: serializeExpression(step.skip) }),
    ...(step.foreach && { foreach: serializeExpression(step.foreach) }),
    ...optional("maxConcurrency", step.maxConcurrency),
    ...optional("timeout", step.timeoutMs),
    ...(step.retry && { retry: serializeRetry(step.retry) }),
    ...(step.cache && { cache: serializeCache(step.cache) }),
    ...(step.compensate && { compensate: serializeCompensation(step.compensate) }),
  };
}

function serializeCompensation({ component, input, timeoutMs, retry }: Compensation): JsonObject {
  return {
    component,
    ...unlessNull("input", input),
    ...optional("timeout", timeoutMs),
    ...(retry && { retry: serializeRetry(retry) }),
  };
}

function serializeErrorAction(action: ErrorAction): JsonObject {
  switch (action.kind) {
    case "fail":
    case "skip":
      return { action: action.kind };
    case "use_default":
      return { action: "useDefault", ...(action.value !== null && { defaultValue: action.value }) };
    case "retry":
      return { action: "retry", maxRetries: action.maxRetries };
    default:
      return assertNever(action);
  }
}

function serializeRetry({ maxAttempts, backoff, on }: RetryPolicy): JsonObject {
  return {
    maxAttempts,
    backoff: {
      type: backoff.type,
      minDelay: backoff.minDelayMs,
      maxDelay: backoff.maxDelayMs,
      factor: backoff.factor,
      jitter: backoff.jitter,
    },
    ...(on && { on: [...on] }),
  };
}

function serializeCache({ ttlMs, key, scope }: CachePolicy): JsonObject {
  return {
    ttl: ttlMs,
    ...(key && { key: serializeExpression(key) }),
    ...(scope !== "flow" && { scope }),
  };
}

function serializeSchemas({ defs, input, output, variables, steps }: FlowSchemas): JsonObject {
  const properties: JsonObject = {
    ...optional("input", input),
    ...optional("output", output),
    ...optional("variables", variables),
    ...(steps && { steps: { type: "object", properties: steps } }),
  };
  return { type: "object", ...optional("$defs", defs), ...(Object.keys(properties).length > 0 && { properties }) };
}

function serializeTests({ configFile, config, servers, cases }: FlowTests): JsonObject {
  return {
    ...optional("configFile", configFile),
    ...optional("config", config),
    ...optional("servers", servers),
    ...(cases.length > 0 && { cases: cases.map((testCase) => ({ ...testCase })) }),
  };
}

function optional(name: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function unlessNull(name: string, expression: Expression): JsonObject {
  const isNull = expression.kind === "literal" && !expression.quoted && expression.value === null;
  return isNull ? {} : { [name]: serializeExpression(expression) };
}
