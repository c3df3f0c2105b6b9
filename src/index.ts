/**
 * The composition root: joins the parts to the Worker's bindings. No logic lives here.
 */
import { waitUntil } from "cloudflare:workers";
import bundledConfig from "../stepflow-config.yml";
import { createApi } from "./api/api.ts";
import { DEFAULT_API_LIMITS } from "./api/api-deps.ts";
import { AccessJwt } from "./auth/access-jwt.ts";
import { readAccessSettings } from "./auth/access-settings.ts";
import { AccessTokens } from "./auth/access-tokens.ts";
import { ApprovalTokens } from "./auth/approval-tokens.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { DEFAULT_NAMESPACE } from "./auth/caller.ts";
import { Capabilities } from "./auth/capabilities.ts";
import { KnownTokens } from "./auth/known-tokens.ts";
import { TaskTokens } from "./auth/task-tokens.ts";
import { WorkerBlobAccess } from "./auth/worker-blob-access.ts";
import { R2BlobStore } from "./blobs/r2-blob-store.ts";
import { mayReadVariable, parseConfig, type StepflowConfig } from "./core/config/index.ts";
import type { BlobStore } from "./core/ports/blob-store.ts";
import type { ComponentResolver } from "./core/ports/component-resolver.ts";
import type { AttemptCall, Transport } from "./core/ports/transport.ts";
import { DEFAULT_MAX_CONCURRENCY, DEFAULT_SETTINGS } from "./core/run/engine.ts";
import { newRootRunId, rootOf } from "./core/run/run-id.ts";
import { serveCallbacks } from "./dispatch/callbacks/serve-callbacks.ts";
import { ConfigComponentResolver } from "./dispatch/component-resolver.ts";
import type { Timers } from "./dispatch/deadline.ts";
import type { DispatcherApi } from "./dispatch/dispatcher-api.ts";
import { defineDispatcherObject } from "./dispatch/dispatcher-object.ts";
import type { SessionCache } from "./dispatch/http-jsonrpc/worker-session.ts";
import type { ContractCache } from "./dispatch/input-contracts.ts";
import type { McpGenerations } from "./dispatch/mcp/mcp-session.ts";
import { Router } from "./dispatch/router.ts";
import { D1FlowCatalog } from "./index-store/d1-flow-catalog.ts";
import { D1RunIndex } from "./index-store/d1-run-index.ts";
import { D1TokenStore } from "./index-store/d1-token-store.ts";
import { D1TriggerStore } from "./index-store/d1-trigger-store.ts";
import { IndexObject, type IndexObjectApi } from "./index-store/index-object.ts";
import { ShardedRunIndex } from "./index-store/sharded-run-index.ts";
import type { Namespace, RunId } from "./protocol/ids.ts";
import type { Progress } from "./protocol/progress.ts";
import { VERSION } from "./protocol/version.ts";
import type { CacheApi } from "./run/cache-api.ts";
import { CacheObject } from "./run/cache-object.ts";
import type { RunObjectApi } from "./run/run-api.ts";
import type { RunDeps } from "./run/run-deps.ts";
import { defineRunObject } from "./run/run-object.ts";
import { ObjectWorkerRuns } from "./run/worker-runs.ts";
import type { ScheduleApi } from "./triggers/schedule-api.ts";
import { defineScheduleObject, type ScheduleDeps } from "./triggers/schedule-object.ts";
import { defineTriggerObject, type TriggerObjectDeps } from "./triggers/trigger-object.ts";
import { TriggerRegistry } from "./triggers/trigger-registry.ts";
import type { WebhookObjectApi } from "./triggers/webhook-api.ts";

export interface Env {
  /** Objects by name; what crosses is described by their interfaces (the platform's mapped types cannot follow `Json`). */
  readonly RUNS: { getByName(name: string): RunObjectApi };
  readonly DISPATCHERS: { getByName(name: string): DispatcherApi };
  readonly CACHE: { getByName(name: string): CacheApi };
  readonly TRIGGERS: { getByName(name: string): WebhookObjectApi };
  readonly SCHEDULES: { getByName(name: string): ScheduleApi };
  readonly INDEX: { getByName(name: string): IndexObjectApi };
  readonly BLOBS: R2Bucket;
  readonly DB: D1Database;
  /** Where callers and workers reach this orchestrator. */
  readonly PUBLIC_URL: string;
  /** Text of a `stepflow-config.yml`, instead of the bundled one. */
  readonly STEPFLOW_CONFIG?: string;
  /** `1`: serve requests to a loopback address without tokens. */
  readonly STEPFLOW_LOCAL?: string;
  /** A token that may do everything in the namespace `default`; a secret of at least 32 characters. */
  readonly STEPFLOW_BOOTSTRAP_TOKEN?: string;
  /** Cloudflare Access: the team's domain, the application's audience tag, and what its users may do (`runs:read` unless given). */
  readonly ACCESS_TEAM_DOMAIN?: string;
  readonly ACCESS_AUD?: string;
  readonly ACCESS_SCOPES?: string;
  /** What capabilities for workers are signed with; a secret. Without it workers get no blob URL and cannot answer later (202). */
  readonly STEPFLOW_SECRET?: string;
  readonly OPENAI_API_KEY?: string;
  readonly OPENAI_BASE_URL?: string;
}

/** Bound on asking all workers for their components. */
const LIST_COMPONENTS_MS = 10_000;
const timers: Timers = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
/** What workers said of themselves; lives as long as the isolate. */
const sessions: SessionCache = new Map();
/** Which generation of the protocol MCP servers speak. */
const mcpGenerations: McpGenerations = new Map();
/** What the components of plugins say they take. */
const contracts: ContractCache = new Map();

interface Deployment {
  readonly config: StepflowConfig;
  readonly resolver: ComponentResolver;
}
/** By configuration text: the same in every object of a deployment. */
const deployments = new Map<string, Deployment>();

function deploymentOf(env: Env): Deployment {
  const text = env.STEPFLOW_CONFIG ?? bundledConfig;
  const known = deployments.get(text);
  if (known) return known;
  const config = readConfig(text, env);
  const deployment = { config, resolver: new ConfigComponentResolver(config) };
  deployments.set(text, deployment);
  return deployment;
}

function isLocal(env: Env): boolean {
  return env.STEPFLOW_LOCAL === "1";
}

/** What `${VAR}` in a configuration stands for. */
function stringBindings(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function readConfig(text: string, env: Env): StepflowConfig {
  const { config, diagnostics } = parseConfig(text, { env: stringBindings(env), deployed: !isLocal(env) });
  if (config) return config;
  const faults = diagnostics.map(({ message, line }) => (line === undefined ? message : `line ${line}: ${message}`));
  throw new Error(`the configuration in STEPFLOW_CONFIG cannot be read: ${faults.join("; ")}`);
}

function blobsOf(env: Env, namespace: Namespace): BlobStore {
  return new R2BlobStore({ bucket: env.BLOBS, namespace, newUploadId: () => crypto.randomUUID() });
}

interface SignedAccess {
  readonly approvals: ApprovalTokens | undefined;
  readonly blobs: WorkerBlobAccess;
  readonly tasks: TaskTokens;
}
/** By secret and address: the same for every request of an isolate. */
const signedAccess = new Map<string, SignedAccess>();

function signedAccessOf({ STEPFLOW_SECRET: secret, PUBLIC_URL: url }: Env): SignedAccess | undefined {
  if (secret === undefined || secret === "") return undefined;
  const key = JSON.stringify([secret, url]);
  const known = signedAccess.get(key);
  if (known) return known;
  const capabilities = new Capabilities(secret);
  const access = {
    blobs: new WorkerBlobAccess(capabilities, () => timers.now()),
    tasks: new TaskTokens(capabilities, () => timers.now()),
    approvals: url ? new ApprovalTokens(capabilities, url) : undefined,
  };
  signedAccess.set(key, access);
  return access;
}

function runsOf(env: Env): (namespace: Namespace, runId: RunId) => RunObjectApi {
  return (namespace, runId) => env.RUNS.getByName(`${namespace}/${rootOf(runId)}`);
}

function routerOf(env: Env, namespace: Namespace): Router {
  const blobs = blobsOf(env, namespace);
  const access = signedAccessOf(env);
  return new Router(deploymentOf(env).config, {
    blobs,
    callbacks: serveCallbacks({ blobs, runs: new ObjectWorkerRuns(runsOf(env), DEFAULT_SETTINGS) }),
    fetch: (request) => fetch(request),
    local: isLocal(env),
    timers,
    bindings: { ...env },
    sessions,
    mcpGenerations,
    contracts,
    openAi: {
      ...(env.OPENAI_API_KEY !== undefined && { apiKey: env.OPENAI_API_KEY }),
      ...(env.OPENAI_BASE_URL !== undefined && { baseUrl: env.OPENAI_BASE_URL }),
    },
    ...(access && {
      blobApiUrl: (plugin: string) => `${env.PUBLIC_URL}/worker/${access.blobs.segment(namespace, plugin)}/blobs`,
      taskUrl: (call: AttemptCall) => `${env.PUBLIC_URL}/api/v1/tasks/${access.tasks.issue(call)}`,
    }),
  });
}

function runIndexOf(env: Env): ShardedRunIndex {
  return new ShardedRunIndex((name) => env.INDEX.getByName(name), new D1RunIndex(env.DB, Date.now));
}

/** For one object: its namespace is always the same. */
function transportsOf(env: Env): (plugin: string, namespace: Namespace) => Transport {
  let router: Router | undefined;
  return (plugin, namespace) => {
    router ??= routerOf(env, namespace);
    return router.transport(plugin);
  };
}

function runDepsOf(env: Env): RunDeps {
  const { config, resolver } = deploymentOf(env);
  const index = runIndexOf(env);
  return {
    settings: { ...DEFAULT_SETTINGS, ...config.retry },
    maxConcurrency: config.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY,
    resolver,
    environment: (name) => (mayReadVariable(name, config.variableNames) ? stringBindings(env)[name] : undefined),
    approvalLinks: signedAccessOf(env)?.approvals,
    transport: transportsOf(env),
    runs: runsOf(env),
    dispatcher: (namespace, rootRunId, index) => env.DISPATCHERS.getByName(`${namespace}/${rootRunId}/${index}`),
    stepCache: (namespace, key) => env.CACHE.getByName(`${namespace}/${key}`),
    blobs: (namespace) => blobsOf(env, namespace),
    report: (namespace, reports) => index.report(namespace, reports),
    now: Date.now,
  };
}

/** To the object of the run that a call belongs to. */
function progressTo(env: Env): (call: AttemptCall, progress: Progress) => Promise<unknown> {
  const runs = runsOf(env);
  return ({ namespace, runId, taskId, attempt }, progress) =>
    runs(namespace, runId).heartbeat({ taskId, attempt, progress });
}

export class RunObject extends defineRunObject<Env>(runDepsOf) {}
export class DispatcherObject extends defineDispatcherObject<Env>(transportsOf, progressTo) {}
export class ScheduleObject extends defineScheduleObject<Env>(scheduleDepsOf) {}
export class TriggerObject extends defineTriggerObject<Env>(triggerDepsOf) {}
export { CacheObject, IndexObject };

function triggerDepsOf(env: Env): TriggerObjectDeps {
  const { triggers } = deploymentOf(env).config;
  return {
    runs: runsOf(env),
    flows: new D1FlowCatalog(env.DB),
    blobs: (namespace) => blobsOf(env, namespace),
    configured: ({ namespace, name }) => (namespace === DEFAULT_NAMESPACE ? triggers.get(name) : undefined),
    // What guards this deployment itself is nobody's signing secret.
    bindings: Object.fromEntries(Object.entries(stringBindings(env)).filter(([name]) => !name.startsWith("STEPFLOW_"))),
    now: Date.now,
    newDeliveryId: () => crypto.randomUUID(),
  };
}

function scheduleDepsOf(env: Env): ScheduleDeps {
  const { config } = deploymentOf(env);
  return {
    runs: runsOf(env),
    flows: new D1FlowCatalog(env.DB),
    blobs: (namespace) => blobsOf(env, namespace),
    configured: (namespace, name) => (namespace === DEFAULT_NAMESPACE ? config.triggers.get(name) : undefined),
    now: () => Date.now(),
  };
}

function scheduleOf(env: Env, namespace: Namespace, name: string): ScheduleApi {
  return env.SCHEDULES.getByName(`${namespace}/${name}`);
}

function triggersOf(env: Env): TriggerRegistry {
  return new TriggerRegistry({
    store: new D1TriggerStore(env.DB),
    configured: deploymentOf(env).config.triggers,
    home: (type, namespace, name) =>
      type === "schedule" ? scheduleOf(env, namespace, name) : env.TRIGGERS.getByName(`${namespace}/${name}`),
    wake: (namespace, name) => scheduleOf(env, namespace, name).wake(),
    now: Date.now,
  });
}

function accessOf(env: Env): { readonly authenticator: Authenticator; readonly tokens: AccessTokens } {
  const store = new D1TokenStore(env.DB);
  const known = new KnownTokens({ store, now: Date.now, background: waitUntil });
  const access = readAccessSettings(env);
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  return {
    authenticator: new Authenticator({
      bootstrapToken: env.STEPFLOW_BOOTSTRAP_TOKEN,
      access: access.kind === "on" ? new AccessJwt(access, Date.now) : access,
      localMode: isLocal(env),
      tokens: known,
    }),
    tokens: new AccessTokens({ store, known, now: Date.now, randomBytes }),
  };
}

type Api = ReturnType<typeof createApi>;
/** One per environment: bindings are the same object for every request of an isolate. */
const apis = new WeakMap<Env, Api>();

function apiOf(env: Env): Api {
  const known = apis.get(env);
  if (known) return known;
  const { authenticator, tokens } = accessOf(env);
  const triggers = triggersOf(env);
  waitUntil(triggers.syncSchedules().catch((error: unknown) => reportFault(error, { method: "-", url: "schedules" })));
  const api = createApi({
    authenticate: (request) => authenticator.authenticate(request),
    tokens,
    runs: runsOf(env),
    blobs: (namespace) => blobsOf(env, namespace),
    workerBlobs: signedAccessOf(env)?.blobs,
    taskTokens: signedAccessOf(env)?.tasks,
    approvals: signedAccessOf(env)?.approvals,
    index: runIndexOf(env),
    flows: new D1FlowCatalog(env.DB),
    webhooks: (namespace, name) => env.TRIGGERS.getByName(`${namespace}/${name}`),
    triggers,
    schedules: (namespace, name) => scheduleOf(env, namespace, name),
    components: (namespace) => routerOf(env, namespace).listComponents(AbortSignal.timeout(LIST_COMPONENTS_MS)),
    newRunId: (): RunId => newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    now: Date.now,
    publicUrl: env.PUBLIC_URL,
    version: VERSION,
    limits: DEFAULT_API_LIMITS,
    reportFault: (error, request) => reportFault(error, request),
  });
  apis.set(env, api);
  return api;
}

function reportFault(error: unknown, request: Pick<Request, "method" | "url">): void {
  const stack = error instanceof Error ? error.stack : String(error);
  // oxlint-disable-next-line no-console -- the platform's log is where an operator looks for faults of ours
  console.error(JSON.stringify({ message: "request failed", method: request.method, url: request.url, stack }));
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> => apiOf(env).fetch(request),
  /** Where a deployment sets a cron trigger: nothing depends on it. */
  scheduled: (_event: unknown, env: Env): Promise<void> => triggersOf(env).sweepSchedules(),
};
