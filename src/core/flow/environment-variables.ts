import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Flow } from "./flow.ts";
import { flowVariables } from "./flow-variables.ts";

/** The variables given, and those with an `env_var` that are not, from the environment: as JSON where it is, else as text. */
export function withEnvironment(
  flow: Flow,
  given: JsonObject | undefined,
  environment: (name: string) => string | undefined,
): JsonObject | undefined {
  const found = Object.entries(flowVariables(flow)).flatMap(([name, { envVar }]): [string, Json][] => {
    if (envVar === undefined || (given && Object.hasOwn(given, name))) return [];
    const text = environment(envVar);
    return text === undefined ? [] : [[name, jsonOrText(text)]];
  });
  return found.length === 0 ? given : Object.fromEntries([...Object.entries(given ?? {}), ...found]);
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
