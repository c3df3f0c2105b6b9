import type { Json } from "../protocol/json.ts";
import { Component, type ComponentDefinition } from "./component.ts";
import { ComponentError } from "./component-error.ts";
import { type Host, HttpEndpoint, type HttpOptions } from "./http/http-endpoint.ts";
import { type LogEntry, writeLogLine } from "./log-entry.ts";
import { WorkerProtocol } from "./protocol/worker-protocol.ts";
import type { ComponentSchema } from "./schema/component-schema.ts";
import type { StepflowContext } from "./stepflow-context.ts";

export interface WorkerOptions extends Partial<HttpOptions> {
  /** Where components' logs go. Default: JSON lines on standard error. */
  readonly log?: (entry: LogEntry) => void;
}

/** A worker: named components, served by `fetch` or by one of the adapters (Node HTTP, stdio, WorkerEntrypoint). */
export class Worker {
  /** Parses and answers messages; what adapters build on. */
  readonly protocol: WorkerProtocol;
  /** Serves a request. Bound, so that the worker itself can be a module's default export on Workers, Bun and Deno. */
  readonly fetch: (request: Request, env?: unknown, host?: Host) => Promise<Response>;
  readonly #components = new Map<string, Component>();

  constructor({ name = "stepflow-worker", log = writeLogLine, ...http }: WorkerOptions = {}) {
    this.protocol = new WorkerProtocol(this.#components, log);
    const endpoint = new HttpEndpoint(this.protocol, { name, ...http });
    this.fetch = (request, _env, host) => endpoint.fetch(request, host);
  }

  /** Adds a component; a flow reaches it as `/<route>/<name>`. Throws when the name is taken. */
  component<I extends ComponentSchema = true, O extends ComponentSchema = true>(
    name: string,
    definition: ComponentDefinition<I, O>,
  ): this {
    const component = new Component(name, definition);
    if (this.#components.has(component.path)) throw new Error(`the worker has two components "${component.path}"`);
    this.#components.set(component.path, component);
    return this;
  }

  /**
   * Executes one component as a call would, checks of input and output included: what tests use, with `createTestContext`.
   * Throws what the component throws, and a ComponentError for an unknown name, a bad input or a bad output.
   */
  async execute(name: string, input: Json, context: StepflowContext): Promise<Json> {
    const path = `/${name.replace(/^\//, "")}`;
    const component = this.#components.get(path);
    if (component) return component.execute(input, context);
    throw new ComponentError(`there is no component "${path}"`, { code: "COMPONENT_NOT_FOUND" });
  }
}

export function createWorker(options: WorkerOptions = {}): Worker {
  return new Worker(options);
}
