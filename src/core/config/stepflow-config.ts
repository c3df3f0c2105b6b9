/**
 * The normalised configuration: what every spelling of `stepflow-config.yml` becomes. Plain JSON-like data; nothing downstream
 * of `parseConfig` knows an alias or an older dialect.
 */
import type { TriggerDocument } from "../../protocol/api/trigger.ts";
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json } from "../../protocol/json.ts";
import type { EgressConfig } from "../egress/index.ts";
import type { Path } from "../expression/expression.ts";
import type { Backoff } from "../flow/flow.ts";
import type { RoutePattern } from "./route-pattern.ts";

export interface StepflowConfig {
  /** Root of `load_file` and of subprocesses in local runs; absent: the folder of the configuration file. */
  readonly workingDirectory?: string;
  /** In the order of the file; names are unique. */
  readonly plugins: readonly PluginConfig[];
  /** Most specific pattern first; among equals, in the order of the file. */
  readonly routes: readonly RouteConfig[];
  readonly retry: RetryConfig;
  /** Tasks in flight over a run tree, for flows and submissions that name none. */
  readonly maxConcurrency?: number;
  /** Names (or beginnings with `*`) of the Worker's environment that variables with an `env_var` may be read from. */
  readonly variableNames?: readonly string[];
  /** Where requests may go. */
  readonly egress?: EgressConfig;
  /** By name, in the namespace `default`. */
  readonly triggers: ReadonlyMap<string, TriggerDocument>;
}

/** How far schemas of a plugin's components are enforced on inputs. */
export type ValidationMode = "off" | "warn" | "enforce";

/**
 * What a step gets from an MCP tool: the `content` array of its result, as flows have always read it, or the structured content
 * of tools that give one.
 */
export type McpResultMode = "content" | "structured";

interface PluginBase {
  readonly name: string;
  readonly validation: ValidationMode;
  /** Bound on one attempt; a step's own `timeout` wins. */
  readonly timeoutMs?: number;
}

export type PluginConfig = PluginBase &
  (
    | { readonly kind: "builtin" }
    | { readonly kind: "mock"; readonly components: readonly MockComponentConfig[] }
    | {
        readonly kind: "http";
        /** Absolute http(s) URL that takes the worker's POSTs. */
        readonly url: string;
        /** Sent with every request, for example `authorization`. */
        readonly headers: Readonly<Record<string, string>>;
        readonly maxResponseBytes?: number;
        /** What calls are signed with (`whsec_…`); absent: they are not. */
        readonly signingSecret?: string;
      }
    | {
        readonly kind: "service";
        readonly binding: string;
        /** Its script, relative to the configuration: the CLI starts it in local runs; a deployment looks only at the binding. */
        readonly worker?: string;
        readonly maxResponseBytes?: number;
        /** What calls are signed with (`whsec_…`); absent: they are not. */
        readonly signingSecret?: string;
      }
    | {
        readonly kind: "queue";
        readonly queueName: string;
        /** How long a task may wait for a worker to pick it up. */
        readonly queueTimeoutMs: number;
        /** From pick-up to completion; absent: lost heartbeats alone end it. */
        readonly executionTimeoutMs?: number;
        /** Started by the CLI in local runs. */
        readonly command?: Subprocess;
      }
    | {
        readonly kind: "mcp";
        readonly result: McpResultMode;
        readonly server:
          | { readonly kind: "url"; readonly url: string; readonly headers: Readonly<Record<string, string>> }
          | ({ readonly kind: "command" } & Subprocess);
      }
    | ({ readonly kind: "stdio" } & Subprocess)
  );
export type PluginKind = PluginConfig["kind"];

/** A process that the CLI owns in local runs. */
export interface Subprocess {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}

export interface MockComponentConfig {
  /** Component id with leading slash. */
  readonly component: string;
  readonly inputSchema?: Json;
  readonly outputSchema?: Json;
  /** Keyed by the exact input; the first equal one counts. */
  readonly behaviors: readonly MockBehavior[];
}
export interface MockBehavior {
  readonly input: Json;
  readonly result:
    | Exclude<FlowResult, { readonly outcome: "skipped" }>
    /** The component itself breaks: an unexpected throw rather than a verdict. */
    | { readonly outcome: "crash"; readonly message: string };
}

export interface RouteConfig {
  readonly pattern: RoutePattern;
  readonly rules: readonly RouteRule[];
}

/** Tried in order; the first whose conditions hold, whose plugin knows the component and whose lists let it through is taken. */
export interface RouteRule {
  readonly plugin: string;
  /** All must hold on the step's resolved input. */
  readonly conditions: readonly RouteCondition[];
  /** Component ids; absent: all. */
  readonly componentAllow?: readonly string[];
  readonly componentDeny?: readonly string[];
  /** Component id to ask for, `{name}` standing for what the pattern captured; absent: what the pattern captured. */
  readonly component?: string;
  /** Further keys of the rule, handed to the plugin. */
  readonly params: Readonly<Record<string, Json>>;
}
export interface RouteCondition {
  readonly path: Path;
  readonly value: Json;
}

export interface RetryConfig {
  /** Further attempts after TIMEOUT and UNREACHABLE. */
  readonly transportMaxRetries: number;
  /** Between all attempts, unless a step brings its own. */
  readonly backoff: Backoff;
}

export const DEFAULT_RETRY: RetryConfig = {
  transportMaxRetries: 3,
  backoff: { type: "fibonacci", minDelayMs: 1000, maxDelayMs: 10_000, factor: 2, jitter: "none" },
};

/** What counts without a configuration: the builtins at `/builtin`. */
export const DEFAULT_CONFIG: StepflowConfig = {
  plugins: [{ kind: "builtin", name: "builtin", validation: "enforce" }],
  routes: [
    {
      pattern: {
        source: "/builtin",
        segments: [
          { kind: "literal", text: "builtin" },
          { kind: "rest", name: "component", optional: true },
        ],
      },
      rules: [{ plugin: "builtin", conditions: [], params: {} }],
    },
  ],
  retry: DEFAULT_RETRY,
  triggers: new Map(),
};
