import type { Path } from "../expression/index.ts";
import type { Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";

/** Builtins that run inside the run, where a cache would cost more than it saves. */
const NEVER_CALLED = /^\/builtin\/(?:create_messages|eval|iterate|jsonata|map|noop|sleep)$/;

/** Component paths start with a slash. Whether something answers there is the configuration's matter. */
export function validateComponents(flow: Flow, report: Report): void {
  for (const [index, { id, component, cache, compensate }] of flow.steps.entries()) {
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
    checkPath(component, id, ["steps", index, "component"], report);
    if (compensate) checkPath(compensate.component, id, ["steps", index, "compensate", "component"], report);
  }
}

function checkPath(component: string, step: string, at: Path, report: Report): void {
  if (component.startsWith("/")) return;
  const error = "Component path must start with '/'";
  report("invalidComponent", `Invalid component '${component}' in step '${step}': ${error}`, at, {
    data: { step_id: step, component, error },
    hint: `Did you mean '/${component}'?`,
  });
}
