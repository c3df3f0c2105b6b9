import { stringify } from "yaml";
import { ApiClient, type ComponentList, type ListedComponent } from "../client/api-client.ts";
import { leafCommand } from "../command.ts";
import { configArgs, localArgs, serverArgs, serverUrl } from "../command-flags.ts";
import { loadConfig } from "../config/load-config.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stderr, stdout } from "../report/terminal.ts";
import { startLocalOrchestrator } from "../runtime/local-orchestrator.ts";

export const listComponentsCommand = leafCommand({
  about: {
    name: "list-components",
    description: "List the components that flows can use with a configuration.",
    examples: [
      "stepflow list-components --config stepflow-config.yml",
      "stepflow list-components --format json --schemas",
    ],
  },
  args: {
    ...configArgs,
    ...serverArgs,
    ...localArgs,
    format: { type: "enum", options: ["pretty", "json", "yaml"], default: "pretty", description: "how to print" },
    schemas: {
      type: "boolean",
      description: "with input and output schemas; json and yaml have them unless --no-schemas",
      negativeDescription: "without schemas",
    },
    "hide-unreachable": { type: "boolean", description: "leave out plugins that do not answer" },
  },
  async run({ args, every }) {
    const schemas = args.schemas ?? args.format !== "pretty";
    const list = await readComponents(args.url === undefined ? undefined : serverUrl(args), schemas, async () => {
      const config = await loadConfig({ file: args.config });
      return startLocalOrchestrator(config, { workerFlags: every("worker"), verbose: args["log-level"] === "info" });
    });
    const shown =
      args["hide-unreachable"] === true
        ? { components: list.components, complete: list.complete, failedPlugins: [] }
        : list;
    await writeToStandardOutput(render(shown, args.format));
    if (args.format === "pretty") {
      for (const { plugin, error } of shown.failedPlugins)
        stderr.write(`${stderr.yellow("warning:")} the plugin "${plugin}" does not answer: ${error}\n`);
    }
    return 0;
  },
});

async function readComponents(
  url: string | undefined,
  schemas: boolean,
  start: () => Promise<{ readonly client: ApiClient; release(): Promise<void> }>,
): Promise<ComponentList> {
  if (url !== undefined) return new ApiClient(url).components({ excludeSchemas: !schemas });
  const orchestrator = await start();
  const list = await orchestrator.client.components({ excludeSchemas: !schemas });
  await orchestrator.release();
  return list;
}

function render(list: ComponentList, format: string): string {
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
