import type { JsonObject } from "../protocol/json.ts";
import type { Log } from "./stepflow-context.ts";

/** One line of a component's log. */
export interface LogEntry {
  readonly level: keyof Log;
  readonly message: string;
  /** What the component gave, after where it ran: `component`, `runId`, `stepId`, `attempt`. */
  readonly fields: JsonObject;
}

/** A log that adds `where` to every entry. */
export function logTo(write: (entry: LogEntry) => void, where: JsonObject): Log {
  const at =
    (level: keyof Log) =>
    (message: string, fields: JsonObject = {}) =>
      write({ level, message, fields: { ...where, ...fields } });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** One JSON object per line on standard error, where it does not get in the way of a protocol on standard output. */
export function writeLogLine({ level, message, fields }: LogEntry): void {
  // oxlint-disable-next-line no-console -- a worker's log goes where its platform collects it
  console.error(JSON.stringify({ level, message, ...fields }));
}
