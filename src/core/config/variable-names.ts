/** Which names of the Worker's environment flows may read variables from: those of the orchestrator itself never. */

/** Used where the configuration says nothing. */
const DEFAULT_VARIABLE_NAMES: readonly string[] = ["STEPFLOW_VAR_*"];

const OWN_NAME = /^(?:STEPFLOW_(?!VAR_)|ACCESS_|PUBLIC_URL$)/;

/** `allowed`: names, or beginnings of names with a `*` behind. */
export function mayReadVariable(name: string, allowed: readonly string[] = DEFAULT_VARIABLE_NAMES): boolean {
  if (OWN_NAME.test(name)) return false;
  return allowed.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : each === name));
}
