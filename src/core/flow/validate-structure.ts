import type { Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";

/** Ids that are there and unique; a name and a description. */
export function validateStructure(flow: Flow, report: Report): void {
  const firstIndex = new Map<string, number>();
  for (const [index, { id }] of flow.steps.entries()) {
    const first = firstIndex.get(id);
    if (first === undefined) {
      firstIndex.set(id, index);
    } else {
      report("duplicateStepId", `Duplicate step ID '${id}'`, ["steps", index, "id"], {
        data: { step_id: id },
        hint: `Step ${first} has this id already; rename one of them.`,
      });
    }
  }
  for (const [index, { id }] of flow.steps.entries()) {
    if (id.trim() === "")
      report("emptyStepId", "Step has empty ID", ["steps", index, "id"], {
        hint: "Give the step an id that others can refer to.",
      });
  }
  if (flow.name === undefined || flow.name.trim() === "") {
    report("missingFlowName", "Workflow has no name", ["name"], {
      hint: "Add `name:`; runs are listed and searched by it.",
    });
  }
  if (flow.description === undefined) {
    report("missingFlowDescription", "Workflow has no description", ["description"], {
      hint: "Add `description:` with a sentence on what it does.",
    });
  }
}
