import { locateDiagnostics } from "../../core/flow/index.ts";
import { checkFlowTypes, type FlowTypes } from "../../core/types/index.ts";
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { ComponentList } from "../client/api-client.ts";
import type { LocalConfig } from "../config/load-config.ts";
import type { ReadFlow } from "../flow/load-flow.ts";
import { stderr } from "../report/terminal.ts";
import { componentCatalog } from "./component-catalog.ts";

export interface CheckedContracts {
  readonly types: FlowTypes;
  /** Located, and without what validation has found already. */
  readonly diagnostics: readonly Diagnostic[];
  /** These and what validation has found, without its remarks that a path is not checked: now it is. */
  readonly all: readonly Diagnostic[];
}

/** Checks a flow that could be read against what the components of its configuration declare. */
export function checkContracts(
  read: ReadFlow & Required<Pick<ReadFlow, "flow">>,
  list: ComponentList,
  { config, strict }: { readonly config: LocalConfig; readonly strict: boolean },
): CheckedContracts {
  const types = checkFlowTypes(read.flow, { catalog: componentCatalog(list, config.config), strict });
  const found = new Set(read.diagnostics.map(findingKey));
  const fresh = types.diagnostics.filter((diagnostic) => !found.has(findingKey(diagnostic)));
  const diagnostics = locateDiagnostics(fresh, read.places);
  const before = read.diagnostics.filter(({ kind }) => kind !== "unvalidatedFieldAccess");
  return { types, diagnostics, all: [...before, ...diagnostics] };
}

/** Says on standard error which plugins could not be asked, why, and what follows from it. */
export function warnOfFailedPlugins({ failedPlugins }: ComponentList, consequence?: string): void {
  const so = consequence === undefined ? "" : `, so ${consequence}`;
  for (const { plugin, error } of failedPlugins) {
    stderr.write(`${stderr.yellow("warning:")} the plugin "${plugin}" does not answer${so}: ${error}\n`);
  }
}

/** Validation tells an unknown variable as 2004 or, without a default, 2005. */
function findingKey({ kind, path }: Diagnostic): string {
  return `${kind === "undefinedRequiredVariable" ? "undefinedVariable" : kind} ${path ?? ""}`;
}
