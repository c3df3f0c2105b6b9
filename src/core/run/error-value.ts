import type { TaskError } from "../../protocol/task-error.ts";
import type { Value } from "../ports/value.ts";
import { inline } from "./turn.ts";

/** A task error as it lies in a row. */
export function errorValue(error: TaskError): Value {
  const { code, message, data } = error;
  return inline(data === undefined ? { code, message } : { code, message, data });
}
