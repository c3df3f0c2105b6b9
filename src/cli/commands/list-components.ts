import { stringify } from "yaml";
import { type ComponentList, type ListedComponent } from "../client/api-client.ts";
import { leafCommand } from "../command.ts";
import { configArgs, localArgs, serverArgs, serverClient } from "../command-flags.ts";
import { loadConfig } from "../config/load-config.ts";
import { warnOfFailedPlugins } from "../contracts/check-contracts.ts";
import { readComponents } from "../contracts/read-components.ts";
import { renderComponentDocs } from "../report/component-docs.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stdout } from "../report/terminal.ts";

export const listComponentsCommand = leafCommand({
  about: {
    name: "list-components",
    description: "List the components that flows can use with a configuration.",
    examples: [
      "stepflow list-components --config stepflow-config.yml",
      "stepflow list-components --format json --schemas",
      "stepflow list-components --format markdown > components.md",
    ],
  },
  args: {
    ...configArgs,
    ...serverArgs,
    ...localArgs,
    format: {
      type: "enum",
      options: ["pretty", "json", "yaml", "markdown"],
      default: "pretty",
      description: "how to print",
    },
    schemas: {
      type: "boolean",
      description: "with input and output schemas; all formats but pretty have them unless --no-schemas",
      negativeDescription: "without schemas",
    },
    "hide-unreachable": { type: "boolean", description: "leave out plugins that do not answer" },
  },
  async run({ args, every }) {
    const schemas = args.schemas ?? args.format !== "pretty";
    const list =
      args.url === undefined
        ? await readComponents(await loadConfig({ file: args.config }), {
            schemas,
            workerFlags: every("worker"),
            verbose: args["log-level"] === "info",
          })
        : await serverClient(args).components({ excludeSchemas: !schemas });
    const shown =
      args["hide-unreachable"] === true
        ? { components: list.components, complete: list.complete, failedPlugins: [] }
        : list;
    await writeToStandardOutput(render(shown, args.format, schemas));
    if (args.format === "pretty") warnOfFailedPlugins(shown);
    return 0;
  },
});

function render(list: ComponentList, format: string, schemas: boolean): string {
  if (format === "markdown") return renderComponentDocs(list, schemas);
  if (format === "json") return `${JSON.stringify(list, null, 2)}\n`;
  if (format === "yaml") return stringify(list);
  return list.components.length === 0 ? "no components\n" : list.components.map(prettyComponent).join("");
}

function prettyComponent(component: ListedComponent): string {
  const lines = [`${stdout.bold(component.path)} ${stdout.dim(`(${component.plugin})`)}`];
  if (component.description !== undefined)
    lines.push(
      ...component.description
        .trim()
        .split("\n")
        .map((line) => `  ${line}`),
    );
  for (const [name, schema] of [
    ["input", component.inputSchema],
    ["output", component.outputSchema],
  ] as const) {
    if (schema !== undefined)
      lines.push(
        `  ${stdout.cyan(name)}`,
        ...stringify(schema)
          .trimEnd()
          .split("\n")
          .map((line) => `    ${line}`),
      );
  }
  return `${lines.join("\n")}\n`;
}
