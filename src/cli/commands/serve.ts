import { resolve } from "node:path";
import { leafCommand } from "../command.ts";
import { configArgs, DEFAULT_PORT, localArgs, wholeNumber } from "../command-flags.ts";
import { loadConfig } from "../config/load-config.ts";
import { shownPath } from "../input/read-source.ts";
import { renderDiagnostics } from "../report/render-diagnostics.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stderr } from "../report/terminal.ts";
import { startLocalOrchestrator } from "../runtime/local-orchestrator.ts";
import { beforeSignalExit } from "../runtime/shutdown.ts";

export const serveCommand = leafCommand({
  about: {
    name: "serve",
    alias: "dev",
    description: "Start the orchestrator on 127.0.0.1 until stopped; runs are kept on disk and go on after a restart.",
    examples: ["stepflow serve", "stepflow serve --config stepflow-config.yml --port 0 --state /var/lib/stepflow"],
  },
  args: {
    ...configArgs,
    ...localArgs,
    port: {
      type: "string",
      alias: "p",
      valueHint: "N",
      default: String(DEFAULT_PORT),
      description: "0 for any free one; also $STEPFLOW_PORT",
    },
    state: {
      type: "string",
      valueHint: "DIR",
      default: ".stepflow/state",
      description: "where runs, flows and blobs are kept",
    },
  },
  async run({ args, every }) {
    const port = wholeNumber("port", every("port").at(-1) ?? process.env["STEPFLOW_PORT"] ?? args.port, 0);
    const config = await loadConfig({ file: args.config });
    if (config.diagnostics.length > 0)
      stderr.write(`${renderDiagnostics(config.diagnostics, config.source, stderr)}\n`);
    const orchestrator = await startLocalOrchestrator(config, {
      workerFlags: every("worker"),
      stateDirectory: args.state,
      port,
      triggers: true,
      verbose: args["log-level"] === "info",
    });
    await writeToStandardOutput(`${JSON.stringify({ port: orchestrator.port })}\n`);
    stderr.write(
      `${stderr.bold("stepflow")} listens on ${stderr.cyan(orchestrator.url)} (API: ${orchestrator.url}/docs)\n` +
        `  configuration ${config.source?.name ?? "built in: the builtins at /builtin"}, state ${shownPath(resolve(args.state))}\n` +
        `  submit a flow: stepflow submit flow.yaml --url ${orchestrator.url}; stop with Ctrl-C\n`,
    );
    // Signals end it, and that is how it is meant to end: `exitOnSignals` releases the orchestrator and exits.
    beforeSignalExit(() => 0);
    return new Promise<never>(() => setInterval(() => undefined, 2 ** 30));
  },
});
