import type { Json } from "../../protocol/json.ts";

/** As in an `$if` condition: everything but `null` and `false` is true; `0`, `""`, `[]` and `{}` are. */
export function isTruthy(value: Json): boolean {
  return value !== null && value !== false;
}
