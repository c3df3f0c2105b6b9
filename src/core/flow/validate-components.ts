import type { Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";

/** Builtins that run inside the run, where a cache would cost more than it saves. */
const NEVER_CALLED = /^\/builtin\/(?:create_messages|eval|iterate|jsonata|map|noop|sleep)$/;

/** Component paths start with a slash. Whether something answers there is the configuration's matter. */
export function validateComponents(flow: Flow, report: Report): void {
  for (const [index, { id, component, cache }] of flow.steps.entries()) {
    if (cache && NEVER_CALLED.test(component)) {
      report(
        "ignoredKey",
        `The cache of step '${id}' has no effect: '${component}' calls nothing outside`,
        ["steps", index, "cache"],
        {
          hint: "Put it on the steps whose components a worker executes.",
        },
      );
    }
    if (component.startsWith("/")) continue;
    const error = "Component path must start with '/'";
    report(
      "invalidComponent",
      `Invalid component '${component}' in step '${id}': ${error}`,
      ["steps", index, "component"],
      {
        data: { step_id: id, component, error },
        hint: `Did you mean '/${component}'?`,
      },
    );
  }
}
