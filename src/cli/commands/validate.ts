import type { Diagnostic, DiagnosticLevel } from "../../protocol/diagnostic.ts";
import type { ComponentList } from "../client/api-client.ts";
import { leafCommand } from "../command.ts";
import { configArgs, flowArgs, flowPath, localArgs } from "../command-flags.ts";
import { type LocalConfig, loadConfig } from "../config/load-config.ts";
import { checkContracts, warnOfFailedPlugins } from "../contracts/check-contracts.ts";
import { readComponents } from "../contracts/read-components.ts";
import { invalid } from "../exit-code.ts";
import { type ReadFlow, readFlow } from "../flow/load-flow.ts";
import { countDiagnostics, renderDiagnostic, type SourceText } from "../report/render-diagnostics.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stdout } from "../report/terminal.ts";

/** Findings of one document. */
interface Checked {
  readonly source: SourceText;
  readonly diagnostics: readonly Diagnostic[];
}

export const validateCommand = leafCommand({
  about: {
    name: "validate",
    description: "Check flow documents and their configuration without running them; ends with 2 on an error.",
    examples: [
      "stepflow validate flow.yaml",
      "stepflow validate flow.yaml --type-check",
      "stepflow validate flows/*.yaml --format json",
    ],
  },
  args: {
    ...flowArgs,
    ...configArgs,
    ...localArgs,
    "type-check": { type: "boolean", description: "also check steps against the schemas of their components" },
    strict: { type: "boolean", description: "with --type-check: warn of what cannot be decided" },
    format: { type: "enum", options: ["pretty", "json"], default: "pretty", description: "how to report" },
  },
  rest: true,
  async run({ args, positionals, every }) {
    if (args.strict === true && args["type-check"] !== true)
      throw invalid("--strict says how to check types", "give --type-check as well");
    const typeCheck =
      args["type-check"] === true
        ? contractCheck(args.strict === true, {
            schemas: true,
            workerFlags: every("worker"),
            verbose: args["log-level"] === "info",
          })
        : undefined;
    const paths = positionals.length > 1 ? positionals : [flowPath(args)];
    const flows: Checked[] = [];
    const configs = new Map<string, Checked>();
    for (const path of paths) {
      const read = await readFlow(path);
      const config = await loadConfig({ file: args.config, flowDirectory: read.directory });
      flows.push({ source: read.source, diagnostics: (await typeCheck?.(read, config)) ?? read.diagnostics });
      if (config.source !== undefined)
        configs.set(config.source.name, { source: config.source, diagnostics: config.diagnostics });
    }
    const checked = [...flows, ...configs.values()];
    const all = checked.flatMap(({ diagnostics }) => diagnostics);
    const text = args.format === "json" ? `${JSON.stringify(jsonReport(checked))}\n` : prettyReport(checked);
    await writeToStandardOutput(text);
    return all.some(isGrave) ? 2 : 0;
  },
});

/** `--type-check`: all findings of a flow. Each configuration is asked for its components once. */
function contractCheck(strict: boolean, options: Parameters<typeof readComponents>[1]) {
  const listed = new Map<string, ComponentList>();
  return async (read: ReadFlow, config: LocalConfig): Promise<readonly Diagnostic[]> => {
    const { flow } = read;
    if (flow === undefined) return read.diagnostics;
    const key = JSON.stringify([config.text, config.workers]);
    const list = listed.get(key) ?? (await readComponents(config, options));
    if (!listed.has(key)) warnOfFailedPlugins(list, "what its components take and give is not checked");
    listed.set(key, list);
    return checkContracts({ ...read, flow }, list, { config, strict }).all;
  };
}

const isGrave = ({ level }: Diagnostic) => level === "fatal" || level === "error";
const count = (diagnostics: readonly Diagnostic[], level: DiagnosticLevel) =>
  diagnostics.filter((found) => found.level === level).length;

/** The reference's collection for one document; for several, a list of it with their names. */
function jsonReport(checked: readonly Checked[]): unknown {
  const report = ({ diagnostics }: Checked) => ({
    diagnostics,
    numFatal: count(diagnostics, "fatal"),
    numError: count(diagnostics, "error"),
    numWarning: count(diagnostics, "warning"),
  });
  const [only] = checked;
  if (checked.length === 1 && only !== undefined) return report(only);
  const total = report({
    source: { name: "", text: "" },
    diagnostics: checked.flatMap(({ diagnostics }) => diagnostics),
  });
  return { ...total, files: checked.map((one) => ({ file: one.source.name, ...report(one) })) };
}

const SECTIONS: readonly { readonly level: DiagnosticLevel; readonly heading: string }[] = [
  { level: "fatal", heading: "🚨 Fatal" },
  { level: "error", heading: "❌ Errors" },
  { level: "warning", heading: "⚠️  Warnings" },
  { level: "info", heading: "ℹ️  Remarks" },
];

function prettyReport(checked: readonly Checked[]): string {
  return checked.map(prettyDocument).join("\n");
}

function prettyDocument({ source, diagnostics }: Checked): string {
  const numbers = `${count(diagnostics, "fatal")} fatal, ${count(diagnostics, "error")} errors, ${count(diagnostics, "warning")} warnings`;
  const title = diagnostics.some(isGrave)
    ? `📊 Validation results: ${numbers}`
    : diagnostics.length === 0
      ? "✅ Validation passed with no errors"
      : `✅ Validation passed with no errors (${countDiagnostics(diagnostics)})`;
  const sections = SECTIONS.flatMap(({ level, heading }) => {
    const found = diagnostics.filter((diagnostic) => diagnostic.level === level);
    return found.length === 0
      ? []
      : [
          `\n${stdout.bold(heading)}\n\n${found.map((diagnostic) => renderDiagnostic(diagnostic, source, stdout)).join("\n")}`,
        ];
  });
  return `${stdout.bold(source.name)}: ${title}\n${sections.join("")}`;
}
