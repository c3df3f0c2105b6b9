/** What a component is, and what an execution of it can come to. */
import type { Json, JsonObject } from "./json.ts";
import { type Fault, readWith, type Schema } from "./schema.ts";

/** What a component learns about the call beside its input. */
interface CallContext {
  /** 1-based; grows with every retry of the same step. */
  readonly attempt: number;
}

export type Outcome<O> =
  | { readonly kind: "success"; readonly output: O }
  /** The input cannot be right whatever is tried: never retried. */
  | { readonly kind: "invalid_input"; readonly faults: readonly Fault[] }
  /** The component could not do its work: the flow's `onError` and `retry` decide. */
  | { readonly kind: "failed"; readonly message: string; readonly data: JsonObject };

/** A component ready to be served: its input and output are plain JSON. */
export interface Component {
  /** Path without the leading slash; snake_case. */
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject;
  execute(input: unknown, context: CallContext): Promise<Outcome<Json>>;
}

interface Definition<I, O> {
  readonly name: string;
  readonly description: string;
  readonly input: Schema<I>;
  readonly output: Schema<O>;
  run(input: I, context: CallContext): Outcome<O> | Promise<Outcome<O>>;
}

/** Makes a typed definition servable: `run` sees only input that fits the schema, with its defaults filled in. */
export function defineComponent<I, O extends Json>(definition: Definition<I, O>): Component {
  const { name, description, input, output } = definition;
  return {
    name,
    description,
    inputSchema: input.json,
    outputSchema: output.json,
    async execute(value, context) {
      const reading = readWith(input, value);
      return reading.kind === "faulty"
        ? { kind: "invalid_input", faults: reading.faults }
        : definition.run(reading.value, context);
    },
  };
}

export function success<O>(output: O): Outcome<O> {
  return { kind: "success", output };
}

/** Refuses input that fits its schema and still makes no sense. */
export function invalidInput(pointer: string, message: string): Outcome<never> {
  return { kind: "invalid_input", faults: [{ pointer, message }] };
}

export function failed(message: string, data: JsonObject = {}): Outcome<never> {
  return { kind: "failed", message, data };
}
