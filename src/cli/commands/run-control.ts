/** Commands that hold, stop and repeat runs: one by its id, or (`cancel`, `retry`) all that a filter finds. */
import type { ArgsDef, ParsedArgs } from "citty";
import type { z } from "zod";
import type { bulkRunsBody } from "../../protocol/api/bulk.ts";
import { RUN_STATUSES, type RunOrigin } from "../../protocol/run.ts";
import type { ApiClient } from "../client/api-client.ts";
import { followRun } from "../client/follow-run.ts";
import { leafCommand } from "../command.ts";
import { serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { type ExitCode, invalid } from "../exit-code.ts";
import { loadFlow } from "../flow/load-flow.ts";
import { parseStructured } from "../input/structured-text.ts";
import { writeToStandardOutput } from "../report/run-report.ts";

const runArgs = { run: { type: "positional", required: true, description: "the run's id" }, ...serverArgs } as const;
const waitArgs = { wait: { type: "boolean", description: "until the new run has ended" } } as const satisfies ArgsDef;
const filterArgs = {
  run: { type: "positional", required: false, description: "the run's id; or a filter" },
  ...serverArgs,
  status: { type: "enum", options: [...RUN_STATUSES], description: "all runs in this state" },
  "flow-name": { type: "string", valueHint: "NAME", description: "all runs of flows of this name" },
  "flow-id": { type: "string", valueHint: "ID", description: "all runs of this flow" },
  label: { type: "string", valueHint: "KEY:VALUE", description: "all runs with this label; may be repeated" },
  "created-after": { type: "string", valueHint: "TIME", description: "all runs created then or later" },
  "created-before": { type: "string", valueHint: "TIME", description: "all runs created earlier" },
  all: { type: "boolean", description: "every run, where no filter is given" },
  "dry-run": { type: "boolean", description: "with a filter: tell what would be done, and do nothing" },
} as const satisfies ArgsDef;
const fromArgs = {
  from: {
    type: "string",
    valueHint: "STEP",
    description: "a step that runs again, with all that refers to it; may be repeated",
  },
} as const satisfies ArgsDef;

const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);

const hold = (name: "pause" | "resume", description: string) =>
  leafCommand({
    about: { name, description },
    args: runArgs,
    async run({ args }) {
      await print(await serverClient(args).control(args.run, name));
      return 0;
    },
  });
export const pause = hold("pause", "Hold a run: what is under way ends, nothing new is started.");
export const resume = hold("resume", "Let a paused run go on.");

export const cancel = leafCommand({
  about: {
    name: "cancel",
    description: "Stop a run, or all that a filter finds; nothing of them is started any more.",
    examples: ["stepflow runs cancel RUN", "stepflow runs cancel --status running --flow-name nightly --dry-run"],
  },
  args: filterArgs,
  async run({ args, every }) {
    const client = serverClient(args);
    const filter = filterOf(args, every("label"));
    if (filter) return bulk(client, "cancel", filter);
    await print(await client.control(args.run ?? "", "cancel"));
    return 0;
  },
});

export const retry = leafCommand({
  about: {
    name: "retry",
    description: "Start a new run with what failed in one that has ended, or with each that a filter finds.",
    examples: ["stepflow runs retry RUN --wait", "stepflow runs retry --status failed --label team:search"],
  },
  args: {
    ...filterArgs,
    ...waitArgs,
    item: { type: "string", valueHint: "N", description: "only this item of the run, from 0; may be repeated" },
  },
  async run({ args, every }) {
    const client = serverClient(args);
    const filter = filterOf(args, every("label"));
    if (filter) return bulk(client, "retry", filter);
    const items = every("item").map((text) => wholeNumber("item", text, 0) ?? 0);
    return derive(client, args.run ?? "", "retry", items.length > 0 ? { itemIndexes: items } : {}, args.wait === true);
  },
});

export const rerun = leafCommand({
  about: {
    name: "rerun",
    description: "Start a new run that executes some steps again, and takes the others over.",
    examples: ["stepflow runs rerun RUN --from summarize --wait"],
  },
  args: { ...runArgs, ...fromArgs, ...waitArgs },
  async run({ args, every }) {
    const from = every("from");
    if (from.length === 0) throw invalid("no step is given", "name one that is to run again: --from STEP");
    return derive(serverClient(args), args.run, "rerun", { from }, args.wait === true);
  },
});

export const fork = leafCommand({
  about: {
    name: "fork",
    description: "Start a new run from what one has come to, with another flow, input or overrides.",
    examples: [
      "stepflow runs fork RUN --flow fixed.yaml --wait",
      'stepflow runs fork RUN --variables-json \'{"model": "b"}\'',
    ],
  },
  args: {
    ...runArgs,
    ...fromArgs,
    ...waitArgs,
    flow: { type: "string", alias: "f", valueHint: "PATH", description: "the flow document, YAML or JSON" },
    "flow-id": { type: "string", valueHint: "ID", description: "a stored flow" },
    "flow-name": { type: "string", valueHint: "NAME", description: "the flow stored last under this name" },
    "input-json": { type: "string", valueHint: "JSON", description: "input, instead of the run's" },
    "variables-json": { type: "string", valueHint: "JSON", description: "variables, instead of the run's" },
    "overrides-json": { type: "string", valueHint: "JSON", description: "changes to steps, instead of the run's" },
    "max-concurrency": { type: "string", valueHint: "N", description: "tasks in flight over the whole run" },
    label: { type: "string", valueHint: "KEY:VALUE", description: "a label, instead of the run's; may be repeated" },
  },
  async run({ args, every }) {
    const json = (name: "input-json" | "variables-json" | "overrides-json") => {
      const text = args[name];
      return text === undefined ? undefined : parseStructured({ name: `--${name}`, text }, "json");
    };
    const request = {
      from: every("from"),
      flow: args.flow === undefined ? undefined : (await loadFlow(args.flow)).document,
      flowId: args["flow-id"],
      flowName: args["flow-name"],
      input: json("input-json"),
      variables: json("variables-json"),
      overrides: json("overrides-json"),
      maxConcurrency: wholeNumber("max-concurrency", args["max-concurrency"]),
      labels: labelsOf(every("label")),
    };
    return derive(serverClient(args), args.run, "fork", request, args.wait === true);
  },
});

async function derive(
  client: ApiClient,
  runId: string,
  kind: RunOrigin["kind"],
  request: object,
  wait: boolean,
): Promise<ExitCode> {
  const started = await client.derive(runId, kind, request);
  const run = wait ? await followRun(client, started.runId) : started;
  await print(wait ? { ...run, results: await client.items(run.runId) } : run);
  return wait && run.outcome !== "success" ? 1 : 0;
}

type BulkRequest = z.input<typeof bulkRunsBody>;

/** Page by page to the end; 1 if something failed that may work when it is tried again. */
async function bulk(client: ApiClient, action: "cancel" | "retry", request: BulkRequest): Promise<ExitCode> {
  const total = { done: 0, skipped: 0, failed: 0 };
  for (let cursor: string | undefined; ; ) {
    const page = await client.bulk(action, cursor === undefined ? request : { ...request, cursor });
    for (const result of page.results) await writeToStandardOutput(`${JSON.stringify(result)}\n`);
    total.done += page.counts.done;
    total.skipped += page.counts.skipped;
    total.failed += page.counts.failed;
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  const would = request.dryRun === true ? "would be " : "";
  process.stderr.write(`${total.done} ${would}done, ${total.skipped} skipped, ${total.failed} failed\n`);
  return total.failed > 0 ? 1 : 0;
}

/** `undefined`: one run is named. */
function filterOf(args: ParsedArgs<typeof filterArgs>, labels: readonly string[]): BulkRequest | undefined {
  const filter: BulkRequest = {
    ...(args.status !== undefined && { status: args.status }),
    ...(args["flow-name"] !== undefined && { flowName: args["flow-name"] }),
    ...(args["flow-id"] !== undefined && { flowId: args["flow-id"] }),
    ...(labels.length > 0 && { labels: labelsOf(labels) }),
    ...(args["created-after"] !== undefined && { createdAfter: args["created-after"] }),
    ...(args["created-before"] !== undefined && { createdBefore: args["created-before"] }),
    ...(args.all === true && { all: true }),
  };
  const hasFilter = Object.keys(filter).length > 0;
  if (args.run !== undefined && (hasFilter || args["dry-run"] === true))
    throw invalid("a run and a filter are given", "name one run by its id, or many by flags");
  if (args.run === undefined && !hasFilter)
    throw invalid("no run is given", "name one by its id, or many by --status, --flow-name, --label …, or --all");
  return hasFilter ? { ...filter, ...(args["dry-run"] === true && { dryRun: true }) } : undefined;
}

function labelsOf(texts: readonly string[]): Record<string, string> | undefined {
  if (texts.length === 0) return undefined;
  return Object.fromEntries(
    texts.map((text) => {
      const colon = text.indexOf(":");
      if (colon <= 0) throw invalid(`--label ${text} has no key`, "for example --label team:search");
      return [text.slice(0, colon), text.slice(colon + 1)];
    }),
  );
}
