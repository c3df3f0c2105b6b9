import type { Json, JsonObject } from "../../protocol/json.ts";
import type { ItemResult, RunSummary, ToleratedFailures } from "../../protocol/run.ts";
import { selectFiles, uploadFiles } from "../files/file-manifest.ts";
import type { LoadedFlow } from "../flow/load-flow.ts";
import type { RunProgress } from "../report/run-progress.ts";
import { stderr } from "../report/terminal.ts";
import type { ApiClient } from "./api-client.ts";
import { followRun } from "./follow-run.ts";

export interface FlowSubmission {
  readonly flow: LoadedFlow;
  readonly inputs: readonly Json[];
  readonly variables?: JsonObject;
  readonly overrides?: Json;
  readonly maxConcurrency?: number | undefined;
  readonly toleratedFailures?: ToleratedFailures | undefined;
  /** What relative paths of `load_file` start from. */
  readonly workingDirectory: string;
  /** Values of `--file`. */
  readonly extraFiles?: readonly string[];
}

/** Uploads the files the flow may read and starts the run; answers at once. */
export async function submitFlow(client: ApiClient, submission: FlowSubmission): Promise<RunSummary> {
  const { flow, inputs, variables, overrides, maxConcurrency, toleratedFailures } = submission;
  const { files, warning } = await selectFiles(flow.document, submission.workingDirectory, submission.extraFiles ?? []);
  if (warning !== undefined) stderr.write(`${stderr.yellow("warning:")} ${warning}\n`);
  return client.submit({
    flow: flow.document,
    input: inputs,
    ...(files.size === 0 ? {} : { files: await uploadFiles(files, client) }),
    ...(variables === undefined ? {} : { variables }),
    ...(overrides === undefined ? {} : { overrides }),
    ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    ...(toleratedFailures === undefined ? {} : { toleratedFailures }),
  });
}

/** Waits for the end and fetches every item's result. */
export async function awaitResults(
  client: ApiClient,
  runId: string,
  progress?: RunProgress,
): Promise<{ readonly run: RunSummary; readonly items: readonly ItemResult[] }> {
  try {
    const run = await followRun(client, runId, progress === undefined ? undefined : (event) => progress.event(event));
    return { run, items: await client.items(runId) };
  } finally {
    progress?.end();
  }
}
