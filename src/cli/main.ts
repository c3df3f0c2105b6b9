/** `stepflow`: finds the command, runs it, and turns what comes of it into an exit code and words for people. */
import { stripVTControlCharacters } from "node:util";
import { runCommand as runCitty } from "citty";
import { nearestName } from "../core/diagnostics/index.ts";
import { ApiFailure } from "./client/api-client.ts";
import { type Command, commandGroup } from "./command.ts";
import { flowsCommand } from "./commands/flows.ts";
import { listComponentsCommand } from "./commands/list-components.ts";
import { runCommand } from "./commands/run.ts";
import { runsCommand } from "./commands/runs.ts";
import { serveCommand } from "./commands/serve.ts";
import { submitCommand } from "./commands/submit.ts";
import { testCommand } from "./commands/test.ts";
import { validateCommand } from "./commands/validate.ts";
import { visualizeCommand } from "./commands/visualize.ts";
import { CommandFailure, type ExitCode, invalid } from "./exit-code.ts";
import { renderHelp } from "./help.ts";
import { renderDiagnostics } from "./report/render-diagnostics.ts";
import { stderr } from "./report/terminal.ts";
import { exitOnSignals, releaseAll } from "./runtime/shutdown.ts";
import { VERSION } from "../version.ts";

const stepflow = commandGroup(
  {
    name: "stepflow",
    description: "Run flows of AI work durably: here, or on an orchestrator.",
    examples: ['stepflow run flow.yaml --input-json \'{"text": "hello"}\'', "stepflow test flows/", "stepflow serve"],
  },
  {
    run: runCommand,
    submit: submitCommand,
    test: testCommand,
    validate: validateCommand,
    visualize: visualizeCommand,
    "list-components": listComponentsCommand,
    runs: runsCommand,
    flows: flowsCommand,
    serve: serveCommand,
  },
);

exitOnSignals();
process.exitCode = await main(process.argv.slice(2));
await releaseAll();

async function main(argv: readonly string[]): Promise<ExitCode> {
  try {
    if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
      process.stdout.write(`${VERSION}\n`);
      return 0;
    }
    const { command, path, rest } = find(stepflow, argv);
    const beforeDashes = rest.slice(0, rest.indexOf("--") === -1 ? rest.length : rest.indexOf("--"));
    if (beforeDashes.includes("--help") || beforeDashes.includes("-h")) {
      process.stdout.write(renderHelp(command, path));
      return 0;
    }
    if (command.run === undefined) {
      if (rest.length > 0) throw invalid(`${path.join(" ")}: unknown flag ${rest[0]}`, `see: ${path.join(" ")} --help`);
      stderr.write(renderHelp(command, path, stderr));
      return 2;
    }
    const { result } = await runCitty(command, { rawArgs: [...rest] });
    return result as ExitCode;
  } catch (error) {
    return report(error);
  }
}

/** Follows command names as far as they go. */
function find(root: Command, argv: readonly string[]): { command: Command; path: string[]; rest: readonly string[] } {
  let command = root;
  const path = ["stepflow"];
  let rest = argv;
  for (;;) {
    const known = command.subCommands as Record<string, Command> | undefined;
    const [name] = rest;
    if (known === undefined || name === undefined || name.startsWith("-")) return { command, path, rest };
    const found = Object.entries(known).find(([key, sub]) => key === name || aliasOf(sub) === name);
    if (found === undefined) {
      const guess = nearestName(name, Object.keys(known));
      throw invalid(
        `${path.join(" ")} has no command "${name}"`,
        guess === undefined ? `see: ${path.join(" ")} --help` : `did you mean: ${path.join(" ")} ${guess}?`,
      );
    }
    command = found[1];
    path.push(found[0]);
    rest = rest.slice(1);
  }
}

function aliasOf(command: Command): string | undefined {
  return (command.meta as { readonly alias?: string } | undefined)?.alias;
}

function report(error: unknown): ExitCode {
  if (error instanceof CommandFailure) {
    stderr.write(`${stderr.red("error:")} ${error.message}\n`);
    if (error instanceof ApiFailure) {
      for (const { pointer, message } of error.details?.faults ?? []) {
        if (!error.message.includes(message)) stderr.write(`  ${pointer}: ${message}\n`);
      }
      const diagnostics = error.details?.diagnostics;
      if (diagnostics !== undefined)
        stderr.write(
          `\n${renderDiagnostics(diagnostics as Parameters<typeof renderDiagnostics>[0], undefined, stderr)}`,
        );
    }
    if (error.hint !== undefined) stderr.write(`${stderr.cyan("hint:")} ${error.hint}\n`);
    return error.exitCode;
  }
  // citty's own refusals: a missing argument, a value that is none of the allowed.
  if (error instanceof Error && error.name === "CLIError") {
    stderr.write(
      `${stderr.red("error:")} ${stripVTControlCharacters(error.message)}\n${stderr.cyan("hint:")} see the arguments and flags with --help\n`,
    );
    return 2;
  }
  stderr.write(`${stderr.red("error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
