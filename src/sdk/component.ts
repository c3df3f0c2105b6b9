import type { Json, JsonObject } from "../protocol/json.ts";
import { ComponentError } from "./component-error.ts";
import {
  type AcceptedBy,
  type ComponentSchema,
  type ReadBy,
  type SchemaReader,
  schemaReader,
} from "./schema/component-schema.ts";
import type { StepflowContext } from "./stepflow-context.ts";
import { wireFaults } from "./wire-value.ts";

/** A component as its author writes it. Without a schema any JSON goes. */
export interface ComponentDefinition<I extends ComponentSchema, O extends ComponentSchema> {
  readonly description?: string;
  readonly input?: I;
  readonly output?: O;
  /** `input` has been checked, defaults filled in. What is returned is checked before it leaves. */
  execute(input: ReadBy<I>, context: StepflowContext): AcceptedBy<O> | Promise<AcceptedBy<O>>;
}

/** A component in a file of its own: gives the definition back, with its types inferred. */
export function defineComponent<I extends ComponentSchema = true, O extends ComponentSchema = true>(
  definition: ComponentDefinition<I, O>,
): ComponentDefinition<I, O> {
  return definition;
}

/** Any definition, once its types have done their work. */
interface UntypedDefinition {
  readonly description?: string;
  readonly input?: ComponentSchema;
  readonly output?: ComponentSchema;
  execute(input: never, context: StepflowContext): unknown;
}

/** A component ready to be served. */
export class Component {
  /** With a leading slash. */
  readonly path: string;
  readonly #name: string;
  readonly #input: SchemaReader;
  readonly #output: SchemaReader;
  readonly #definition: UntypedDefinition;

  constructor(name: string, definition: UntypedDefinition) {
    this.#name = name.replace(/^\//, "");
    this.path = `/${this.#name}`;
    this.#input = schemaReader(definition.input, "input");
    this.#output = schemaReader(definition.output, "output");
    this.#definition = definition;
  }

  /** Checks, executes, checks. Throws a ComponentError for a bad input or output, and whatever the component throws. */
  async execute(input: Json, context: StepflowContext): Promise<Json> {
    const read = await this.#input.read(input);
    if (read.kind === "faulty") throw ComponentError.invalidInput(this.#name, read.faults);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema has read it
    const given = await this.#definition.execute(read.value as never, context);
    const output = await this.#output.read(given === undefined ? null : given);
    if (output.kind === "faulty") throw ComponentError.invalidOutput(this.#name, output.faults);
    const faults = wireFaults(output.value);
    if (faults.length > 0) throw ComponentError.invalidOutput(this.#name, faults);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has just been found to be JSON
    return (output.value ?? null) as Json;
  }

  /** As `components/list` shows it. */
  describe(): JsonObject {
    return {
      component: this.path,
      description: this.#definition.description ?? null,
      input_schema: this.#input.json,
      output_schema: this.#output.json,
    };
  }
}
