/**
 * `npm run demo`: starts the orchestrator and the text worker in the local runtime, submits example runs with their input
 * files over HTTP, shows what happens while they run, and checks each result against the expected output kept beside the
 * flows. Runs are kept in `.stepflow/demo`, to be looked at afterwards. Exits 1 with the reason when anything goes wrong.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ApiClient } from "../src/cli/client/api-client.ts";
import { awaitResults, submitFlow } from "../src/cli/client/submit-flow.ts";
import { type LocalConfig, loadConfig } from "../src/cli/config/load-config.ts";
import { loadFlow } from "../src/cli/flow/load-flow.ts";
import { duration, liveProgress, type RunProgress } from "../src/cli/report/run-progress.ts";
import { type Terminal, terminal } from "../src/cli/report/terminal.ts";
import { startLocalOrchestrator } from "../src/cli/runtime/local-orchestrator.ts";
import { exitOnSignals, releaseAll } from "../src/cli/runtime/shutdown.ts";
import { compareResults } from "../src/cli/testing/compare-results.ts";
import type { Json } from "../src/protocol/json.ts";

interface Example {
  /** File in `flows/`, without its ending. */
  readonly flow: string;
  /** Names the input file and the expected output. */
  readonly example: string;
  readonly shows: string;
  /** Fields of the result worth a look. */
  readonly fields: readonly string[];
}

const EXAMPLES: readonly Example[] = [
  { flow: "greeting", example: "ada", shows: "one step and a template", fields: ["messages"] },
  {
    flow: "document-report",
    example: "declaration",
    shows: "a document cut into chunks, analysed in parallel by a sub-flow, put together again",
    fields: ["chunks", "report"],
  },
  {
    flow: "triage",
    example: "outage",
    shows: "branches: the ones not taken never run",
    fields: ["label", "priority", "paged", "redacted"],
  },
  { flow: "resilient", example: "recovers", shows: "failures, retries, defaults", fields: ["attempts", "definition"] },
  { flow: "shorten-text", example: "bees", shows: "a loop whose body is a flow", fields: ["text", "rounds"] },
];

const STATE = ".stepflow/demo";
const CONFIG = "flows/stepflow-config.yml";
/** Far more than it takes; whoever waits longer waits for nothing. */
const DEADLINE_MS = 90_000;

const out = terminal(process.stdout, process.env);
/** A terminal may say 0; long lines are hard to read. */
const width = Math.min(Math.max(out.columns, 60), 100);

exitOnSignals();
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const deadline = setTimeout(() => stop(`it is not done after ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
try {
  await demo();
  clearTimeout(deadline);
  await releaseAll();
} catch (error) {
  stop(error instanceof Error ? error.message : String(error));
}

async function demo(): Promise<void> {
  const startedAt = performance.now();
  const config = await loadConfig({ file: CONFIG });
  const orchestrator = await startLocalOrchestrator(config, { stateDirectory: STATE });
  say(
    `${out.bold("stepflow")} runs at ${out.cyan(orchestrator.url)} with the worker ${out.bold("workers/text")} beside it`,
  );
  const runIds: string[] = [];
  for (const example of EXAMPLES) runIds.push(await runExample(orchestrator.client, config, example));
  await orchestrator.release();
  say(
    `\n${out.green("✓")} ${EXAMPLES.length} runs, all with the expected results, in ${duration(performance.now() - startedAt)}`,
  );
  say("\nLook at them again, with the orchestrator running in another terminal:\n");
  say(`  npx stepflow serve --config ${CONFIG} --state ${STATE}\n`);
  say("  npx stepflow runs list");
  for (const [index, { flow }] of EXAMPLES.entries())
    say(`  npx stepflow runs get ${runIds[index]} --steps   ${out.dim(flow)}`);
  say(`  ${out.dim("or in a browser:")} http://127.0.0.1:7840/docs`);
}

/** Runs one example to its end and shows it; throws when the result is not the expected one. */
async function runExample(
  client: ApiClient,
  config: LocalConfig,
  { flow: name, example, shows, fields }: Example,
): Promise<string> {
  const flow = await loadFlow(`flows/${name}.yaml`);
  const input = await readJson(`flows/inputs/${name}.${example}.json`);
  say(`\n${out.bold(flow.flow.name ?? name)} ${out.dim(`· ${shows}`)}`);
  say(out.dim(`  npx stepflow run flows/${name}.yaml --input flows/inputs/${name}.${example}.json`));
  const { runId } = await submitFlow(client, { flow, inputs: [input], workingDirectory: config.workingDirectory });
  const { run, items } = await awaitResults(client, runId, out.interactive ? liveProgress(out, 1) : stepLines(out));
  const result = items[0]?.result;
  const differences = result && compareResults(await readJson(`flows/expected/${name}.${example}.json`), result);
  if (result?.outcome !== "success" || differences === undefined || differences.length > 0) {
    const got = JSON.stringify(result ?? run.status);
    throw new Error(`${name} (run ${runId}) gave not what flows/expected/${name}.${example}.json says, but ${got}`);
  }
  for (const field of fields) show(field, fieldOf(result.result, field));
  const took =
    run.completedAt === undefined ? "" : ` in ${duration(Date.parse(run.completedAt) - Date.parse(run.createdAt))}`;
  say(`  ${out.green(result.outcome)}${took} ${out.dim(`· run ${runId}`)}`);
  return runId;
}

/** Where there is no terminal to redraw: one line when a step has ended or is tried again. */
function stepLines(to: Terminal): RunProgress {
  return {
    event: (event) => {
      if (event.type === "step_completed" && event.elementIndex === undefined)
        to.write(`  · ${event.stepId} ${event.outcome}\n`);
      if (event.type === "attempt_failed") to.write(`  ↻ ${event.stepId}: ${event.error.message}\n`);
    },
    end: () => undefined,
  };
}

/** Texts of several lines as a block, everything else on one line. */
function show(field: string, value: Json | undefined): void {
  if (typeof value === "string" && value.includes("\n")) {
    const lines = value
      .trimEnd()
      .split("\n")
      .flatMap((line) => wrapped(line, width - 6));
    say(lines.map((line) => `  ${out.dim("│")} ${line}`.trimEnd()).join("\n"));
    return;
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const room = width - field.length - 5;
  say(`  ${out.cyan(field)} ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`);
}

/** Cut between words into lines of at most `room` characters (a longer word keeps a line of its own). */
function wrapped(line: string, room: number): string[] {
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

function fieldOf(value: Json, field: string): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value[field] : undefined;
}

async function readJson(path: string): Promise<Json> {
  return JSON.parse(await readFile(path, "utf8"));
}

function say(line: string): void {
  out.write(`${line}\n`);
}

/** Ends the demo at once, the runtime with it. */
function stop(reason: string): void {
  process.stderr.write(`\n${terminal(process.stderr, process.env).red("the demo failed:")} ${reason}\n`);
  void releaseAll().finally(() => process.exit(1));
}
