import { writeFile } from "node:fs/promises";
import { describeType, type FlowTypes, type InferredSchemas, inferSchemas } from "../../core/types/index.ts";
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import { leafCommand } from "../command.ts";
import { configArgs, flowArgs, flowPath, localArgs } from "../command-flags.ts";
import { loadConfig } from "../config/load-config.ts";
import { checkContracts, warnOfFailedPlugins } from "../contracts/check-contracts.ts";
import { readComponents } from "../contracts/read-components.ts";
import { writeSchemas } from "../contracts/write-schemas.ts";
import { CommandFailure, invalid, reasonOf } from "../exit-code.ts";
import { readFlow } from "../flow/load-flow.ts";
import { renderDiagnostics } from "../report/render-diagnostics.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stderr } from "../report/terminal.ts";

export const inferCommand = leafCommand({
  about: {
    name: "infer",
    description: "Fill in the schemas that a flow does not have, from its components and its expressions.",
    examples: ["stepflow infer flow.yaml", "stepflow infer flow.yaml -o", "stepflow infer flow.yaml -o typed.yaml"],
  },
  args: {
    ...flowArgs,
    ...configArgs,
    ...localArgs,
    output: {
      type: "string",
      alias: "o",
      valueHint: "[FILE]",
      description: "write there; without FILE beside the flow, as <flow>.inferred.yaml; otherwise standard output",
    },
    strict: { type: "boolean", description: "also warn of what cannot be decided" },
    "show-step-inputs": { type: "boolean", description: "show what each step passes and what its component expects" },
  },
  mayBeBare: ["output"],
  async run({ args, every, bare }) {
    const path = flowPath(args);
    const read = await readFlow(path);
    const { flow, source } = read;
    if (flow === undefined) {
      const found = renderDiagnostics(read.diagnostics, source, stderr).trimEnd();
      throw invalid(`${source.name} cannot be read\n\n${found}`);
    }
    const config = await loadConfig({ file: args.config, flowDirectory: read.directory });
    const list = await readComponents(config, {
      schemas: true,
      workerFlags: every("worker"),
      verbose: args["log-level"] === "info",
    });
    warnOfFailedPlugins(list, "nothing can be inferred of its components");
    const { types, diagnostics, all } = checkContracts({ ...read, flow }, list, {
      config,
      strict: args.strict === true,
    });
    const inferred = inferSchemas(flow, types);

    const isGrave = ({ level }: Diagnostic) => level === "fatal" || level === "error";
    const shown = all.filter((diagnostic) => isGrave(diagnostic) || diagnostics.includes(diagnostic));
    if (shown.length > 0) stderr.write(`${renderDiagnostics(shown, source, stderr)}\n`);
    if (args["show-step-inputs"] === true) showStepInputs(types);
    await write(writeSchemas(source.text, inferred), bare.has("output") ? besides(path) : args.output);
    summarise(inferred);
    return all.some(isGrave) ? 2 : 0;
  },
});

/** `flow.yaml` and `flow.yml` → `flow.inferred.yaml`; a JSON flow stays JSON. */
function besides(path: string): string {
  const extension = /\.(?:ya?ml|json)$/i.exec(path)?.[0] ?? "";
  const stem = path.slice(0, path.length - extension.length);
  return `${stem}.inferred${extension.toLowerCase() === ".json" ? ".json" : ".yaml"}`;
}

async function write(text: string, output: string | undefined): Promise<void> {
  if (output === undefined) return writeToStandardOutput(text);
  try {
    await writeFile(output, text);
  } catch (error) {
    throw new CommandFailure(`cannot write the flow to ${output}: ${reasonOf(error)}`);
  }
  stderr.write(`written to ${output}\n`);
}

function showStepInputs(types: FlowTypes): void {
  for (const [id, { input, expected, output }] of types.steps) {
    stderr.write(
      `${stderr.bold(id)}\n  passes   ${describeType(input)}\n  expected ${describeType(expected)}\n  gives    ${describeType(output)}\n`,
    );
  }
}

function summarise({ input, output, steps, conflicts }: InferredSchemas): void {
  for (const conflict of conflicts) stderr.write(`${stderr.yellow("warning:")} in the input, ${conflict}: left open\n`);
  const parts = [
    ...(input === undefined ? [] : ["the input"]),
    ...(output === undefined ? [] : ["the output"]),
    ...(steps.size === 0 ? [] : [`${steps.size} step${steps.size === 1 ? "" : "s"}`]),
  ];
  stderr.write(parts.length === 0 ? "nothing to infer\n" : `inferred: ${parts.join(", ")}\n`);
}
