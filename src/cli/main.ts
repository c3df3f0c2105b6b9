/** `stepflow`: finds the command, runs it, and turns what comes of it into an exit code and words for people. */
import { stripVTControlCharacters } from "node:util";
import { nearestName } from "../core/diagnostics/index.ts";
import { VERSION } from "../protocol/version.ts";
import { ApiFailure } from "./client/api-client.ts";
import { type Command, commandGroup } from "./command.ts";
import { flowsCommand } from "./commands/flows.ts";
import { inferCommand } from "./commands/infer.ts";
import { listComponentsCommand } from "./commands/list-components.ts";
import { runCommand } from "./commands/run.ts";
import { runsCommand } from "./commands/runs.ts";
import { serveCommand } from "./commands/serve.ts";
import { submitCommand } from "./commands/submit.ts";
import { testCommand } from "./commands/test.ts";
import { tokensCommand } from "./commands/tokens.ts";
import { triggersCommand } from "./commands/triggers.ts";
import { validateCommand } from "./commands/validate.ts";
import { visualizeCommand } from "./commands/visualize.ts";
import { CommandFailure, type ExitCode, invalid } from "./exit-code.ts";
import { renderHelp } from "./help.ts";
import { renderDiagnostics } from "./report/render-diagnostics.ts";
import { stderr, stdout } from "./report/terminal.ts";
import { exitOnSignals, releaseAll } from "./runtime/shutdown.ts";

const stepflow = commandGroup(
  {
    name: "stepflow",
    description: "Run flows of AI work durably: here, or on an orchestrator.",
    examples: [
      'stepflow run flow.yaml --input-json \'{"text": "hello"}\'',
      "stepflow test flows/",
      "stepflow serve",
      "stepflow --version",
    ],
  },
  [
    runCommand,
    submitCommand,
    testCommand,
    validateCommand,
    inferCommand,
    visualizeCommand,
    listComponentsCommand,
    runsCommand,
    flowsCommand,
    triggersCommand,
    tokensCommand,
    serveCommand,
  ],
);

exitOnSignals();
// Whoever reads the output may have seen enough (`| head`): that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  void releaseAll().finally(() => process.exit(0));
});
process.exitCode = await main(process.argv.slice(2));
await releaseAll();

async function main(argv: readonly string[]): Promise<ExitCode> {
  try {
    if (argv[0] === "--version" || argv[0] === "-V") {
      stdout.write(`${VERSION}\n`);
      return 0;
    }
    const { command, path, rest } = find(stepflow, argv);
    const end = rest.indexOf("--");
    const flags = new Set(end === -1 ? rest : rest.slice(0, end));
    if (flags.has("--help") || flags.has("-h")) {
      stdout.write(renderHelp(command, path, stdout));
      return 0;
    }
    if (command.kind === "leaf") return await command.invoke(rest);
    if (rest[0] !== undefined)
      throw invalid(`${path.join(" ")}: unknown flag ${rest[0]}`, `see: ${path.join(" ")} --help`);
    stderr.write(renderHelp(command, path, stderr));
    return 2;
  } catch (error) {
    return report(error);
  }
}

/** Follows command names as far as they go. */
function find(
  root: Command,
  argv: readonly string[],
): { command: Command; path: readonly string[]; rest: readonly string[] } {
  let command = root;
  const path = ["stepflow"];
  let rest = argv;
  while (command.kind === "group") {
    const [name] = rest;
    if (name === undefined || name.startsWith("-")) break;
    const found = command.commands.find(({ about }) => about.name === name || about.alias === name);
    if (found === undefined) {
      const guess = nearestName(
        name,
        command.commands.map(({ about }) => about.name),
      );
      const hint = guess === undefined ? `see: ${path.join(" ")} --help` : `did you mean: ${path.join(" ")} ${guess}?`;
      throw invalid(`${path.join(" ")} has no command "${name}"`, hint);
    }
    command = found;
    path.push(found.about.name);
    rest = rest.slice(1);
  }
  return { command, path, rest };
}

function report(error: unknown): ExitCode {
  if (error instanceof CommandFailure) {
    stderr.write(`${stderr.red("error:")} ${error.message}\n`);
    if (error instanceof ApiFailure) reportDetails(error);
    if (error.hint !== undefined) stderr.write(`${stderr.cyan("hint:")} ${error.hint}\n`);
    return error.exitCode;
  }
  // citty's own refusals: a missing argument, a value that is none of the allowed.
  if (error instanceof Error && error.name === "CLIError") {
    const message = stripVTControlCharacters(error.message);
    stderr.write(
      `${stderr.red("error:")} ${message}\n${stderr.cyan("hint:")} see the arguments and flags with --help\n`,
    );
    return 2;
  }
  stderr.write(`${stderr.red("error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

function reportDetails({ message, details }: ApiFailure): void {
  for (const fault of details?.faults ?? []) {
    if (!message.includes(fault.message)) stderr.write(`  ${fault.pointer}: ${fault.message}\n`);
  }
  if (details?.diagnostics !== undefined)
    stderr.write(`\n${renderDiagnostics(details.diagnostics, undefined, stderr)}`);
}
