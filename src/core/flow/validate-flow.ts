import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { diagnosticOf } from "../diagnostics/index.ts";
import { formatPath } from "../expression/index.ts";
import type { Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";
import { validateComponents } from "./validate-components.ts";
import { validateReachability } from "./validate-reachability.ts";
import { validateReferences } from "./validate-references.ts";
import { validateStructure } from "./validate-structure.ts";
import { validateSubflows } from "./validate-subflows.ts";

/**
 * What is wrong with a flow that could be read (FLOW-10 … FLOW-12), in the reference's order of passes: structure, references,
 * components, reachability, literal sub-flows. Paths only; `locateDiagnostics` adds lines and columns.
 */
export function validateFlow(flow: Flow): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (kind, message, at, detail = {}) =>
    diagnostics.push(diagnosticOf(kind, message, { ...detail, path: formatPath(at) }));
  validateStructure(flow, report);
  validateReferences(flow, report);
  validateComponents(flow, report);
  validateReachability(flow, report);
  diagnostics.push(...validateSubflows(flow, validateFlow, report));
  return diagnostics;
}
