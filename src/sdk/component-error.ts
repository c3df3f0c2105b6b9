import type { Json } from "../protocol/json.ts";
import type { TaskErrorCode } from "../protocol/task-error.ts";
import type { Fault } from "./fault.ts";
import { wireFaults } from "./wire-value.ts";

/** The JSON-RPC numbers of the worker protocol. */
export const RPC_CODES = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  componentNotFound: -32_001,
  notInitialized: -32_002,
  componentFailed: -32_100,
  resourceUnavailable: -32_102,
} as const;

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

type ErrorData = Readonly<Record<string, unknown>>;

/**
 * What a component throws to say how it failed. Any other thrown value is COMPONENT_FAILED with its message, which is retried
 * where the flow says so; INVALID_INPUT never is.
 */
export class ComponentError extends Error {
  override readonly name = "ComponentError";
  readonly code: TaskErrorCode;
  /** Goes with the error to the flow, if it is JSON. */
  readonly data: ErrorData;

  constructor(
    message: string,
    options: { readonly code?: TaskErrorCode; readonly data?: ErrorData; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code ?? "COMPONENT_FAILED";
    this.data = options.data ?? {};
  }

  /** Refuses an input that fits its schema and still makes no sense. */
  static invalidInput(component: string, faults: readonly Fault[]): ComponentError {
    return new ComponentError(`Invalid input for ${component}: ${listFaults(faults, "the input")}`, {
      code: "INVALID_INPUT",
      data: { faults: faults.map(({ pointer, message }) => ({ pointer, message })) },
    });
  }

  /** The component itself is wrong. */
  static invalidOutput(component: string, faults: readonly Fault[]): ComponentError {
    return new ComponentError(
      `${component} gave an output that breaks its schema: ${listFaults(faults, "the output")}`,
      {
        code: "WORKER_ERROR",
        data: { faults: faults.map(({ pointer, message }) => ({ pointer, message })) },
      },
    );
  }
}

/** The orchestrator has to initialize this worker (again) before the call can work. */
export class SessionLost extends Error {
  override readonly name = "SessionLost";
}

/** A thrown value on the wire. */
export function rpcErrorOf(thrown: unknown): RpcErrorObject {
  if (thrown instanceof SessionLost) return { code: RPC_CODES.notInitialized, message: thrown.message };
  if (!(thrown instanceof ComponentError)) {
    return { code: RPC_CODES.componentFailed, message: messageOf(thrown), data: {} };
  }
  const code = RPC_CODE_OF[thrown.code] ?? RPC_CODES.componentFailed;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has just been found to be JSON
  const data = wireFaults(thrown.data).length === 0 ? (thrown.data as Readonly<Record<string, Json>>) : {};
  return { code, message: thrown.message, data: { ...data, taskErrorCode: thrown.code } };
}

/** Codes that JSON-RPC, as workers use it, has a number for; `taskErrorCode` in the data says every one outright. */
const RPC_CODE_OF: Partial<Record<TaskErrorCode, number>> = {
  INVALID_INPUT: RPC_CODES.invalidParams,
  COMPONENT_NOT_FOUND: RPC_CODES.componentNotFound,
  RESOURCE_UNAVAILABLE: RPC_CODES.resourceUnavailable,
  WORKER_ERROR: RPC_CODES.internal,
};

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
}

function listFaults(faults: readonly Fault[], whole: string): string {
  return faults.map(({ pointer, message }) => `${pointer === "" ? whole : pointer} ${message}`).join("; ");
}
