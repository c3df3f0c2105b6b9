import type { MockComponentConfig, PluginConfig } from "../core/config/stepflow-config.ts";
import { equalJson } from "../core/json/equal-json.ts";
import type { InlineComponent } from "../core/ports/component-resolver.ts";
import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { AttemptCall, Transport } from "../core/ports/transport.ts";
import { assertNever } from "../protocol/assert-never.ts";
import type { ComponentInfo } from "../protocol/component.ts";
import type { Json } from "../protocol/json.ts";

/** The components of a `mock` plugin: each answers the inputs it was told about, and breaks on any other. */
export class MockPlugin {
  readonly #components: ReadonlyMap<string, MockComponent>;
  readonly infos: readonly ComponentInfo[];

  constructor({ components }: Extract<PluginConfig, { kind: "mock" }>) {
    this.#components = new Map(components.map((config) => [config.component, new MockComponent(config)]));
    this.infos = components.map(({ component, inputSchema, outputSchema }) => ({
      component,
      ...(inputSchema !== undefined && { inputSchema }),
      ...(outputSchema !== undefined && { outputSchema }),
    }));
  }

  component(id: string): InlineComponent | undefined {
    return this.#components.get(id);
  }
}

/** The engine runs mocks itself; this face of them serves what only knows transports. */
export class MockTransport implements Transport {
  readonly #plugin: MockPlugin;

  constructor(config: Extract<PluginConfig, { kind: "mock" }>) {
    this.#plugin = new MockPlugin(config);
  }

  async execute({ componentId, input }: AttemptCall): Promise<TaskOutcome> {
    const component = this.#plugin.component(componentId);
    if (component) return component.execute(input);
    return {
      kind: "failed",
      error: { code: "COMPONENT_NOT_FOUND", message: `there is no mock component '${componentId}'` },
    };
  }

  async listComponents(): Promise<readonly ComponentInfo[]> {
    return this.#plugin.infos;
  }
}

class MockComponent implements InlineComponent {
  readonly #config: MockComponentConfig;

  constructor(config: MockComponentConfig) {
    this.#config = config;
  }

  execute(input: Json): TaskOutcome {
    const behavior = this.#config.behaviors.find((candidate) => equalJson(candidate.input, input));
    if (!behavior) return crashed(`No behavior defined for ${this.#config.component} on ${JSON.stringify(input)}`);
    const { result } = behavior;
    switch (result.outcome) {
      case "success":
        return { kind: "success", value: { kind: "inline", json: result.result } };
      case "failed":
        return { kind: "failed", error: result.error };
      case "crash":
        return crashed(result.message);
      default:
        return assertNever(result);
    }
  }
}

function crashed(attachment: string): TaskOutcome {
  return { kind: "crashed", attachments: [attachment], causes: ["error executing user-defined function"] };
}
