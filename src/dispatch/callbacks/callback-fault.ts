/** A callback that cannot be served: thrown inside this folder and answered as a JSON-RPC error by `serveCallbacks`. */
export class CallbackFault extends Error {
  override readonly name = "CallbackFault";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** JSON-RPC error codes as workers know them (worker-protocols §A9). */
export const RPC_CODES = {
  methodNotFound: -32_601,
  invalidParams: -32_602,
  notFound: -32_005,
  badRequest: -32_103,
  internal: -32_202,
} as const;
