import { awaitResults, submitFlow } from "../client/submit-flow.ts";
import { leafCommand } from "../command.ts";
import {
  flowArgs,
  flowPath,
  followArgs,
  serverArgs,
  serverClient,
  serverUrl,
  toleratedFailures,
  wholeNumber,
} from "../command-flags.ts";
import { loadFlow } from "../flow/load-flow.ts";
import { readRunInput, runInputArgs } from "../input/run-input.ts";
import { chooseProgress, summarise, writeResults, writeToStandardOutput } from "../report/run-report.ts";
import { stderr } from "../report/terminal.ts";
import { beforeSignalExit } from "../runtime/shutdown.ts";

export const submitCommand = leafCommand({
  about: {
    name: "submit",
    description: "Run a flow on an orchestrator that is running, and print its result as JSON.",
    examples: [
      "stepflow submit flow.yaml --url http://127.0.0.1:7840 --input data.json",
      "stepflow submit flow.yaml --inputs many.jsonl --detach",
    ],
  },
  args: {
    ...flowArgs,
    ...serverArgs,
    ...runInputArgs,
    ...followArgs,
    detach: { type: "boolean", description: "do not wait: print the run as JSON and end" },
  },
  async run({ args, every }) {
    const url = serverUrl(args);
    const client = serverClient(args);
    const flow = await loadFlow(flowPath(args));
    const input = await readRunInput(args, flow.flow.schemas?.variables);
    const run = await submitFlow(client, {
      flow,
      ...input,
      maxConcurrency: wholeNumber("max-concurrency", args["max-concurrency"]),
      toleratedFailures: toleratedFailures(args["tolerated-failures"]),
      workingDirectory: flow.directory,
      extraFiles: every("file"),
    });
    const named = args.url === undefined ? "" : ` --url ${url}`;
    stderr.write(`run_id: ${run.runId} ${stderr.dim(`(look at it: stepflow runs get ${run.runId}${named})`)}\n`);
    if (args.detach === true) {
      await writeToStandardOutput(`${JSON.stringify(run)}\n`);
      return 0;
    }
    beforeSignalExit(() =>
      stderr.write(`\nrun ${run.runId} goes on; stop it with: stepflow runs cancel ${run.runId}${named}\n`),
    );
    const ended = await awaitResults(client, run.runId, chooseProgress(args.progress, input.inputs.length));
    summarise(ended.run, ended.items);
    return writeResults(ended.items, args.output);
  },
});
