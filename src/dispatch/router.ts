import type { PluginConfig, StepflowConfig } from "../core/config/index.ts";
import { egressPolicy } from "../core/egress/index.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { AttemptCall, Transport } from "../core/ports/transport.ts";
import { assertNever } from "../protocol/assert-never.ts";
import type { OpenAiDefaults } from "./builtin/builtin.ts";
import { BuiltinTransport } from "./builtin/builtin-transport.ts";
import { CheckedTransport } from "./checked-transport.ts";
import type { Timers } from "./deadline.ts";
import { egressFetch } from "./egress-fetch.ts";
import type { CallbackHandler } from "./http-jsonrpc/callback-handler.ts";
import { HttpJsonRpcTransport } from "./http-jsonrpc/http-jsonrpc-transport.ts";
import type { WorkerFetch } from "./http-jsonrpc/worker-connection.ts";
import type { SessionCache } from "./http-jsonrpc/worker-session.ts";
import { type ContractCache, InputContracts } from "./input-contracts.ts";
import { type ComponentListing, listRoutedComponents } from "./list-components.ts";
import type { McpGenerations } from "./mcp/mcp-session.ts";
import { McpTransport } from "./mcp/mcp-transport.ts";
import { MockTransport } from "./mock.ts";
import { isServiceBinding, SERVICE_URL, serviceFetch } from "./service-binding.ts";
import { UnreachableTransport } from "./unreachable-transport.ts";

export interface DispatchDeps {
  /** Of the namespace whose calls are dispatched. */
  readonly blobs: BlobStore;
  /** The bare network; the router puts the egress policy of its configuration before it. */
  readonly fetch: WorkerFetch;
  /** On the developer's machine: private hosts, plain http and any port are let through unless the configuration says otherwise. */
  readonly local: boolean;
  readonly timers: Timers;
  /** The Worker's environment: where service bindings are found by name. */
  readonly bindings: Readonly<Record<string, unknown>>;
  /** Lives as long as the isolate. */
  readonly sessions: SessionCache;
  /** Lives as long as the isolate. */
  readonly mcpGenerations: McpGenerations;
  /** Lives as long as the isolate. */
  readonly contracts: ContractCache;
  readonly openAi: OpenAiDefaults;
  /** Where the workers of a plugin reach our blobs, today; absolute, without a slash at its end. */
  readonly blobApiUrl?: (plugin: string) => string;
  /** Where a worker that answers 202 reports later; good for one attempt. */
  readonly taskUrl?: (call: AttemptCall) => string;
  readonly callbacks?: CallbackHandler;
  readonly traceparent?: (call: AttemptCall) => string | undefined;
}

/** Leads each plugin of a configuration to its transport. */
export class Router {
  readonly #config: StepflowConfig;
  readonly #deps: DispatchDeps;
  readonly #transports = new Map<string, Transport>();

  constructor(config: StepflowConfig, deps: DispatchDeps) {
    this.#config = config;
    this.#deps = { ...deps, fetch: egressFetch(deps.fetch, egressPolicy(config.egress, deps.local)) };
  }

  /** Never fails: a plugin that is not there has a transport that says so. */
  transport(name: string): Transport {
    const known = this.#transports.get(name);
    if (known) return known;
    const plugin = this.#config.plugins.find((candidate) => candidate.name === name);
    const transport = plugin
      ? checked(createTransport(plugin, this.#deps), plugin, this.#deps)
      : new UnreachableTransport(`plugin '${name}' is not configured`);
    this.#transports.set(name, transport);
    return transport;
  }

  /** The components of all plugins at their routes. Plugins that cannot be asked are named; the rest is still listed. */
  listComponents(signal: AbortSignal): Promise<ComponentListing> {
    return listRoutedComponents(this.#config, (plugin) => this.transport(plugin).listComponents(signal), signal);
  }
}

/** Bound on asking a worker what its components take. */
const ASK_CONTRACTS_MS = 5_000;

/** Builtins check their own input; mocks compare whole values. */
function checked(transport: Transport, { name, kind, validation }: PluginConfig, deps: DispatchDeps): Transport {
  if (validation === "off" || kind === "builtin" || kind === "mock") return transport;
  const contracts = new InputContracts({
    plugin: name,
    cache: deps.contracts,
    list: () => transport.listComponents(AbortSignal.timeout(ASK_CONTRACTS_MS)),
    now: () => deps.timers.now(),
  });
  return new CheckedTransport(transport, contracts, validation);
}

function createTransport(plugin: PluginConfig, deps: DispatchDeps): Transport {
  switch (plugin.kind) {
    case "builtin":
      return new BuiltinTransport(deps);
    case "mock":
      return new MockTransport(plugin);
    case "http":
      return new HttpJsonRpcTransport({
        ...workerOptions(plugin, deps),
        url: plugin.url,
        worker: plugin.url,
        fetch: deps.fetch,
        headers: plugin.headers,
      });
    case "service": {
      const binding = Object.hasOwn(deps.bindings, plugin.binding) ? deps.bindings[plugin.binding] : undefined;
      if (!isServiceBinding(binding)) {
        return new UnreachableTransport(
          `plugin '${plugin.name}': there is no service binding ${plugin.binding}; add it under [[services]]`,
        );
      }
      return new HttpJsonRpcTransport({
        ...workerOptions(plugin, deps),
        url: SERVICE_URL,
        worker: `service ${plugin.binding}`,
        fetch: serviceFetch(binding),
      });
    }
    case "mcp":
      return plugin.server.kind === "url"
        ? new McpTransport({
            plugin: plugin.name,
            result: plugin.result,
            url: plugin.server.url,
            headers: plugin.server.headers,
            fetch: deps.fetch,
            timers: deps.timers,
            generations: deps.mcpGenerations,
            blobs: deps.blobs,
            ...(deps.traceparent && { traceparent: deps.traceparent }),
          })
        : new UnreachableTransport(needsSubprocess(plugin.name, "an MCP server", "mcp"));
    case "stdio":
      return new UnreachableTransport(needsSubprocess(plugin.name, "a worker", "http"));
    case "queue":
      return new UnreachableTransport(
        `plugin '${plugin.name}': plugin kind 'queue' is not reachable from this orchestrator yet; use a plugin of type http or service`,
      );
    default:
      return assertNever(plugin);
  }
}

function workerOptions(plugin: Extract<PluginConfig, { kind: "http" | "service" }>, deps: DispatchDeps) {
  const { blobs, timers, sessions, blobApiUrl, taskUrl, callbacks, traceparent } = deps;
  return {
    plugin: plugin.name,
    blobs,
    timers,
    sessions,
    ...(plugin.maxResponseBytes !== undefined && { maxResponseBytes: plugin.maxResponseBytes }),
    ...(plugin.signingSecret !== undefined && { signingSecret: plugin.signingSecret }),
    ...(blobApiUrl && { blobApiUrl: () => blobApiUrl(plugin.name) }),
    ...(taskUrl && { taskUrl }),
    ...(callbacks && { callbacks }),
    ...(traceparent && { traceparent }),
  };
}

function needsSubprocess(plugin: string, what: string, type: string): string {
  return `plugin '${plugin}' starts ${what} as a subprocess, which only the stepflow command can do; serve it over HTTP and configure type: ${type} with its url`;
}
