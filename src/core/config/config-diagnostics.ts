import type { Diagnostic, DiagnosticLevel } from "../../protocol/diagnostic.ts";

/** The findings a configuration can give. 1200–2200 are the reference's; 95xx are ours. */
const CONFIG_FINDINGS = {
  noPluginsConfigured: { code: 1200, level: "warning" },
  noRoutingRulesConfigured: { code: 1201, level: "warning" },
  unusedPlugin: { code: 1202, level: "warning" },
  invalidRouteReference: { code: 2200, level: "error" },
  invalidConfigSyntax: { code: 9500, level: "fatal" },
  missingColon: { code: 9501, level: "fatal" },
  duplicateKey: { code: 9502, level: "error" },
  invalidSetting: { code: 9503, level: "error" },
  missingSetting: { code: 9504, level: "error" },
  unknownPluginType: { code: 9505, level: "error" },
  unknownSetting: { code: 9506, level: "warning" },
  unsetEnvironmentVariable: { code: 9507, level: "error" },
  invalidRoute: { code: 9508, level: "error" },
  refusedUrl: { code: 9512, level: "error" },
  ignoredSetting: { code: 9510, level: "info" },
  olderSpelling: { code: 9511, level: "info" },
} as const satisfies Record<string, { readonly code: number; readonly level: DiagnosticLevel }>;
export type ConfigFinding = keyof typeof CONFIG_FINDINGS;

/** 1-based line and column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Collects what `parseConfig` finds, in the order found. */
export class ConfigDiagnostics {
  readonly list: Diagnostic[] = [];

  add(
    kind: ConfigFinding,
    message: string,
    where: { readonly path?: string; readonly at?: Position; readonly hint?: string },
  ): void {
    this.list.push({
      ...CONFIG_FINDINGS[kind],
      kind,
      message,
      ...(where.path !== undefined && { path: where.path }),
      ...(where.at && { line: where.at.line, column: where.at.column }),
      ...(where.hint !== undefined && { hint: where.hint }),
    });
  }

  /** Whether something was found that a configuration cannot be used with. */
  get refused(): boolean {
    return this.list.some(({ level }) => level === "fatal" || level === "error");
  }
}

/** Extends a JSON path by a key or an index, quoting keys that need it. */
export function childPath(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  return /[.[\]/]/.test(key) || key === "" ? `${path}[${JSON.stringify(key)}]` : `${path}.${key}`;
}
