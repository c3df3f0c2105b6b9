import { stringify } from "yaml";
import { commandGroup, leafCommand } from "../command.ts";
import { flowArgs, flowPath, serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { loadFlow } from "../flow/load-flow.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { renderTable } from "../report/table.ts";
import { stderr } from "../report/terminal.ts";

const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);

const list = leafCommand({
  about: {
    name: "list",
    description: "List stored flows, newest first.",
    examples: ["stepflow flows list --name pipeline"],
  },
  args: {
    ...serverArgs,
    name: { type: "string", valueHint: "NAME", description: "only the versions of this name" },
    "latest-only": { type: "boolean", description: "only the newest of each name" },
    limit: { type: "string", valueHint: "N", default: "50", description: "how many" },
    cursor: { type: "string", valueHint: "CURSOR", description: "go on from the nextCursor of the page before" },
    format: { type: "enum", options: ["pretty", "json"], description: "pretty on a terminal, otherwise json" },
  },
  async run({ args }) {
    const page = await serverClient(args).flows({
      name: args.name,
      latestOnly: args["latest-only"] === true ? true : undefined,
      limit: wholeNumber("limit", args.limit),
      cursor: args.cursor,
    });
    const pretty = (args.format ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
    const rows = page.flows.map((flow) => [flow.flowId, flow.name ?? "", flow.version ?? "", flow.storedAt]);
    await (pretty ? writeToStandardOutput(renderTable(["flow", "name", "version", "stored"], rows)) : print(page));
    return 0;
  },
});

const get = leafCommand({
  about: { name: "get", description: "Print a stored flow." },
  args: {
    id: { type: "positional", required: true, description: "the flow's id" },
    ...serverArgs,
    format: { type: "enum", options: ["yaml", "json"], default: "json", description: "how to print" },
  },
  async run({ args }) {
    const { flow } = await serverClient(args).flow(args.id);
    await (args.format === "yaml" ? writeToStandardOutput(stringify(flow)) : print(flow));
    return 0;
  },
});

const put = leafCommand({
  about: {
    name: "put",
    description: "Validate and store a flow; prints its id.",
    examples: ["stepflow flows put flow.yaml --name pipeline"],
  },
  args: {
    ...flowArgs,
    ...serverArgs,
    name: { type: "string", valueHint: "NAME", description: "the name it is found by; otherwise the flow's own" },
    "dry-run": { type: "boolean", description: "only validate" },
  },
  async run({ args }) {
    const { document } = await loadFlow(flowPath(args));
    const stored = await serverClient(args).storeFlow(document, {
      ...(args.name === undefined ? {} : { name: args.name }),
      ...(args["dry-run"] === true ? { dryRun: true } : {}),
    });
    await print({ flowId: stored.flowId, stored: stored.stored });
    if (!stored.stored && args["dry-run"] !== true)
      stderr.write(`${stderr.red("not stored")}: the orchestrator finds fatal faults in it\n`);
    return stored.stored || args["dry-run"] === true ? 0 : 2;
  },
});

export const flowsCommand = commandGroup(
  { name: "flows", description: "Store flows in an orchestrator, and look at them." },
  [list, get, put],
);
