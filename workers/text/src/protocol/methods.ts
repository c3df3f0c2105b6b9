/** The methods of the component worker protocol, in its camelCase dialect (protocol version 1). */
import { assertNever } from "../assert-never.ts";
import type { Component, Outcome } from "../component.ts";
import type { Json, JsonObject } from "../json.ts";
import { anything, integer, object, readWith, type Schema, string, withDefault } from "../schema.ts";
import { RPC_ERROR, type RpcError } from "./json-rpc.ts";

export type Answer =
  | { readonly kind: "result"; readonly result: Json }
  /** `malformed`: the caller does not speak the protocol, which is more than a method that says no. */
  | { readonly kind: "error"; readonly malformed: boolean; readonly error: RpcError };

const infoParams = object({ component: string() }, { extra: "ignore" });
const executeParams = object(
  { component: string(), input: anything(), attempt: withDefault(integer({ minimum: 1 }), 1) },
  { extra: "ignore" },
);

/** Answers the requests of one worker. The parameters of later protocol versions are ignored, not refused. */
export class Methods {
  private readonly components: ReadonlyMap<string, Component>;

  constructor(components: readonly Component[]) {
    this.components = new Map(components.map((component) => [`/${component.name}`, component]));
  }

  async call(method: string, params: JsonObject): Promise<Answer> {
    switch (method) {
      case "initialize":
        return answer({ serverProtocolVersion: 1, supportsBlobRefs: false });
      case "components/list":
        return answer({ components: Array.from(this.components, ([path, component]) => description(path, component)) });
      case "components/info":
        return this.withComponent(infoParams, params, async (component, { component: path }) =>
          answer({ info: description(path, component) }),
        );
      case "components/execute":
        return this.withComponent(executeParams, params, execute);
      default:
        return refused(RPC_ERROR.methodNotFound, `There is no method "${method}"`);
    }
  }

  private async withComponent<P extends { readonly component: string }>(
    schema: Schema<P>,
    params: JsonObject,
    use: (component: Component, params: P) => Promise<Answer>,
  ): Promise<Answer> {
    const reading = readWith(schema, params);
    if (reading.kind === "faulty") {
      const faults = reading.faults.map(({ pointer, message }) => `params${pointer} ${message}`);
      return refused(RPC_ERROR.invalidParams, faults.join("; "));
    }
    const { component: path } = reading.value;
    const component = this.components.get(path);
    if (component !== undefined) return use(component, reading.value);
    const known = [...this.components.keys()].join(", ");
    return failure({
      code: RPC_ERROR.componentNotFound,
      message: `This worker has no component "${path}"; it has ${known}`,
      data: { component: path },
    });
  }
}

async function execute(component: Component, { input, attempt }: { input: Json; attempt: number }): Promise<Answer> {
  return answerOf(component, await component.execute(input, { attempt }));
}

function answerOf({ name }: Component, outcome: Outcome<Json>): Answer {
  switch (outcome.kind) {
    case "success":
      return answer({ output: outcome.output });
    case "failed":
      return failure({ code: RPC_ERROR.componentFailed, message: outcome.message, data: outcome.data });
    case "invalid_input": {
      const faults = outcome.faults.map(({ pointer, message }) => ({ pointer, message }));
      const list = faults
        .map(({ pointer, message }) => `${pointer === "" ? "the input" : pointer} ${message}`)
        .join("; ");
      return failure({
        code: RPC_ERROR.invalidParams,
        message: `Invalid input for ${name}: ${list}`,
        data: { faults },
      });
    }
    default:
      return assertNever(outcome);
  }
}

function description(path: string, component: Component): JsonObject {
  return {
    component: path,
    description: component.description,
    input_schema: component.inputSchema,
    output_schema: component.outputSchema,
  };
}

function answer(result: Json): Answer {
  return { kind: "result", result };
}

function failure(error: RpcError): Answer {
  return { kind: "error", malformed: false, error };
}

function refused(code: RpcError["code"], message: string): Answer {
  return { kind: "error", malformed: true, error: { code, message } };
}
