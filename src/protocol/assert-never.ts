/** Ends a switch over a union: a variant that was added and forgotten is a type error here, and a thrown one at run time. */
export function assertNever(value: never): never {
  throw new TypeError(`Variant that no code handles: ${JSON.stringify(value)}`);
}
