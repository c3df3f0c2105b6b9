/** A bug in the product, never a user's mistake: thrown, catalogued by `code`, caught only at the outermost shell. */
export class EngineFault extends Error {
  readonly code: "unreachable_variant" | "journal_out_of_order" | "unknown_address" | "missing_plan" | "missing_value";
  constructor(code: EngineFault["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineFault";
    this.code = code;
  }
}

export function assertNever(value: never): never {
  throw new EngineFault("unreachable_variant", `unexpected variant: ${JSON.stringify(value)}`);
}
