import type { Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";

/** Component paths start with a slash. Whether something answers there is the configuration's matter. */
export function validateComponents(flow: Flow, report: Report): void {
  for (const [index, { id, component }] of flow.steps.entries()) {
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
