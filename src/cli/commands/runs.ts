import { RUN_STATUSES, type RunSummary } from "../../protocol/run.ts";
import { followRun } from "../client/follow-run.ts";
import { commandGroup, leafCommand } from "../command.ts";
import { serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { renderTable } from "../report/table.ts";
import { approve, reject } from "./decide.ts";
import { cancel, fork, pause, rerun, resume, retry } from "./run-control.ts";
import { signal, waits } from "./run-waits.ts";

const runArgs = { run: { type: "positional", required: true, description: "the run's id" }, ...serverArgs } as const;
const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);

const list = leafCommand({
  about: {
    name: "list",
    description: "List runs, newest first.",
    examples: ["stepflow runs list --status failed --limit 10", "stepflow runs list --label team:search"],
  },
  args: {
    ...serverArgs,
    status: { type: "enum", options: [...RUN_STATUSES], description: "only these" },
    "flow-name": { type: "string", valueHint: "NAME", description: "only runs of flows of this name" },
    "flow-id": { type: "string", valueHint: "ID", description: "only runs of this flow" },
    "parent-run-id": { type: "string", valueHint: "ID", description: "only the sub-runs of this run" },
    "root-run-id": { type: "string", valueHint: "ID", description: "only the runs of this tree" },
    label: { type: "string", valueHint: "KEY:VALUE", description: "only runs with this label; may be repeated" },
    limit: { type: "string", valueHint: "N", default: "20", description: "how many" },
    cursor: { type: "string", valueHint: "CURSOR", description: "go on from the nextCursor of the page before" },
    format: { type: "enum", options: ["pretty", "json"], description: "pretty on a terminal, otherwise json" },
  },
  async run({ args, every }) {
    const page = await serverClient(args).runs({
      status: args.status,
      flowName: args["flow-name"],
      flowId: args["flow-id"],
      parentRunId: args["parent-run-id"],
      rootRunId: args["root-run-id"],
      label: every("label"),
      limit: wholeNumber("limit", args.limit),
      cursor: args.cursor,
    });
    const pretty = (args.format ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
    await (pretty
      ? writeToStandardOutput(renderTable(["run", "flow", "status", "items", "created"], page.runs.map(row)))
      : print(page));
    return 0;
  },
});

const get = leafCommand({
  about: {
    name: "get",
    description: "Show one run: its state, results and steps.",
    examples: ["stepflow runs get RUN --steps", "stepflow runs get RUN --wait"],
  },
  args: {
    ...runArgs,
    wait: { type: "boolean", description: "until it has ended" },
    steps: { type: "boolean", description: "with its steps" },
    results: {
      type: "boolean",
      default: true,
      description: "with the results of its items",
      negativeDescription: "without results",
    },
  },
  async run({ args }) {
    const client = serverClient(args);
    const run = await (args.wait === true ? followRun(client, args.run) : client.run(args.run));
    await print({
      ...run,
      ...(!args.results ? {} : { results: await client.items(args.run) }),
      ...(args.steps === true ? { steps: await client.steps(args.run) } : {}),
    });
    return 0;
  },
});

const events = leafCommand({
  about: {
    name: "events",
    description: "Follow a run's events, one JSON object per line, until it ends.",
    examples: ["stepflow runs events RUN --since 12"],
  },
  args: {
    ...runArgs,
    since: { type: "string", valueHint: "N", description: "only events after this sequence number" },
    "include-results": { type: "boolean", description: "with results and errors" },
    "include-sub-runs": { type: "boolean", description: "with the events of sub-runs" },
  },
  async run({ args }) {
    const since = wholeNumber("since", args.since, 0);
    const stream = serverClient(args).events(args.run, {
      ...(since === undefined ? {} : { since }),
      ...(args["include-results"] === true ? { includeResults: true } : {}),
      ...(args["include-sub-runs"] === true ? { includeSubRuns: true } : {}),
    });
    for await (const event of stream) await writeToStandardOutput(`${JSON.stringify(event)}\n`);
    return 0;
  },
});

export const runsCommand = commandGroup(
  {
    name: "runs",
    description: "Look at runs of an orchestrator; hold, stop and repeat them, and give them what they wait for.",
  },
  [list, get, cancel, pause, resume, retry, rerun, fork, signal, waits, approve, reject, events],
);

function row(
  run: Pick<RunSummary, "runId" | "flowId" | "status" | "items" | "createdAt"> & {
    readonly flowName?: string | undefined;
    readonly outcome?: string | undefined;
  },
): string[] {
  const { total, completed, failed } = run.items;
  return [
    run.runId,
    run.flowName ?? run.flowId.slice(0, 12),
    run.outcome ?? run.status,
    `${completed + failed}/${total}`,
    run.createdAt,
  ];
}
