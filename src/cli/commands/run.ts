import { awaitResults, submitFlow } from "../client/submit-flow.ts";
import { leafCommand } from "../command.ts";
import {
  configArgs,
  flowArgs,
  flowPath,
  followArgs,
  localArgs,
  toleratedFailures,
  wholeNumber,
} from "../command-flags.ts";
import { loadConfig } from "../config/load-config.ts";
import { loadFlow } from "../flow/load-flow.ts";
import { readRunInput, runInputArgs } from "../input/run-input.ts";
import { chooseProgress, summarise, writeResults } from "../report/run-report.ts";
import { stderr } from "../report/terminal.ts";
import { startLocalOrchestrator } from "../runtime/local-orchestrator.ts";

export const runCommand = leafCommand({
  about: {
    name: "run",
    description: "Run a flow here, in an embedded orchestrator, and print its result as JSON.",
    examples: [
      'stepflow run flow.yaml --input-json \'{"name": "Ada"}\'',
      "stepflow run flow.yaml --inputs questions.jsonl --output answers.jsonl",
      "cat input.yaml | stepflow run flow.yaml --stdin-format yaml",
    ],
  },
  args: {
    ...flowArgs,
    ...configArgs,
    ...runInputArgs,
    ...followArgs,
    ...localArgs,
    state: {
      type: "string",
      valueHint: "DIR",
      description: "keep the run there, to look at it later with stepflow serve --state DIR",
    },
  },
  async run({ args, every }) {
    const flow = await loadFlow(flowPath(args));
    const config = await loadConfig({ file: args.config, flowDirectory: flow.directory });
    const input = await readRunInput(args, flow.flow.schemas?.variables);
    const maxConcurrency = wholeNumber("max-concurrency", args["max-concurrency"]);
    const orchestrator = await startLocalOrchestrator(config, {
      workerFlags: every("worker"),
      stateDirectory: args.state,
      verbose: args["log-level"] === "info",
    });
    const run = await submitFlow(orchestrator.client, {
      flow,
      ...input,
      maxConcurrency,
      toleratedFailures: toleratedFailures(args["tolerated-failures"]),
      workingDirectory: config.workingDirectory,
      extraFiles: every("file"),
    });
    const later =
      args.state === undefined
        ? "kept in memory only; --state DIR keeps it"
        : `later: stepflow serve --state ${args.state}, stepflow runs get ${run.runId}`;
    stderr.write(`run_id: ${run.runId} ${stderr.dim(`(${later})`)}\n`);
    const ended = await awaitResults(
      orchestrator.client,
      run.runId,
      chooseProgress(args.progress, input.inputs.length),
    );
    summarise(ended.run, ended.items);
    const exitCode = await writeResults(ended.items, args.output);
    await orchestrator.release();
    return exitCode;
  },
});
