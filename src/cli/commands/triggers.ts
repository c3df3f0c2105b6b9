import { REDACTED } from "../../protocol/api/webhook.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { commandGroup, leafCommand } from "../command.ts";
import { serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { invalid } from "../exit-code.ts";
import { readSource } from "../input/read-source.ts";
import { formatOf, parseStructured } from "../input/structured-text.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { renderTable } from "../report/table.ts";
import { backfillSchedule, fireSchedule, listFirings, pauseSchedule, resumeSchedule } from "./schedules.ts";

const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);

const put = leafCommand({
  about: {
    name: "put",
    description: "Create or replace a trigger from a YAML or JSON document.",
    examples: ["stepflow triggers put on-push on-push.yaml"],
  },
  args: {
    name: { type: "positional", required: true, description: "the trigger's name" },
    file: { type: "positional", required: true, description: "its document" },
    ...serverArgs,
  },
  async run({ args }) {
    const document = parseStructured(await readSource(args.file, "trigger"), formatOf(args.file));
    if (typeof document !== "object" || document === null || Array.isArray(document))
      throw invalid(`${args.file} is not a trigger: a map of its fields is expected`, "for example: type: webhook");
    await print(await serverClient(args).putTrigger(args.name, asPut(document)));
    return 0;
  },
});

const get = leafCommand({
  about: { name: "get", description: `Print a trigger; where it has a secret, ${REDACTED} stands.` },
  args: {
    name: { type: "positional", required: true, description: "the trigger's name" },
    ...serverArgs,
    next: { type: "string", valueHint: "N", description: "of a schedule: how many fire times to tell, 5 unless given" },
  },
  async run({ args }) {
    await print(await serverClient(args).trigger(args.name, { next: wholeNumber("next", args.next, 0) }));
    return 0;
  },
});

const list = leafCommand({
  about: { name: "list", description: "List triggers by name." },
  args: {
    ...serverArgs,
    type: { type: "string", valueHint: "TYPE", description: "only those of this type" },
    limit: { type: "string", valueHint: "N", default: "50", description: "how many" },
    cursor: { type: "string", valueHint: "CURSOR", description: "go on from the nextCursor of the page before" },
    format: { type: "enum", options: ["pretty", "json"], description: "pretty on a terminal, otherwise json" },
  },
  async run({ args }) {
    const page = await serverClient(args).triggers({
      type: args.type,
      limit: wholeNumber("limit", args.limit),
      cursor: args.cursor,
    });
    const pretty = (args.format ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
    const rows = page.triggers.map((trigger) => [
      trigger.name,
      trigger.type,
      trigger.flowName ?? trigger.flowId ?? "in the document",
      trigger.enabled ? "on" : "off",
      trigger.source,
    ]);
    await (pretty ? writeToStandardOutput(renderTable(["name", "type", "flow", "state", "from"], rows)) : print(page));
    return 0;
  },
});

const remove = leafCommand({
  about: { name: "delete", description: "Delete a trigger; its runs stay." },
  args: { name: { type: "positional", required: true, description: "the trigger's name" }, ...serverArgs },
  async run({ args }) {
    await print(await serverClient(args).deleteTrigger(args.name));
    return 0;
  },
});

const name = { type: "positional", required: true, description: "the trigger's name" } as const;
const id = { type: "positional", required: true, description: "the delivery's id" } as const;

const deliveries = leafCommand({
  about: {
    name: "deliveries",
    description: "List what came to a webhook, newest first.",
    examples: ["stepflow triggers deliveries on-push --status failed"],
  },
  args: {
    name,
    ...serverArgs,
    status: { type: "string", valueHint: "STATUS", description: "accepted, filtered, refused, failed or received" },
    limit: { type: "string", valueHint: "N", default: "50", description: "how many" },
    cursor: { type: "string", valueHint: "CURSOR", description: "go on from the nextCursor of the page before" },
    format: { type: "enum", options: ["pretty", "json"], description: "pretty on a terminal, otherwise json" },
  },
  async run({ args }) {
    const page = await serverClient(args).deliveries(args.name, {
      status: args.status,
      limit: wholeNumber("limit", args.limit),
      cursor: args.cursor,
    });
    const pretty = (args.format ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
    const rows = page.deliveries.map((one) => [
      one.deliveryId,
      one.receivedAt,
      one.status,
      one.runId ?? "",
      one.reason ?? "",
    ]);
    const head = ["delivery", "received", "status", "run", "reason"];
    await (pretty ? writeToStandardOutput(renderTable(head, rows)) : print(page));
    return 0;
  },
});

const delivery = leafCommand({
  about: { name: "delivery", description: "Print one delivery with its body." },
  args: { name, id, ...serverArgs },
  async run({ args }) {
    await print(await serverClient(args).delivery(args.name, args.id));
    return 0;
  },
});

const redeliver = leafCommand({
  about: { name: "redeliver", description: "Deliver again what came before: a new delivery with a new run." },
  args: { name, id, ...serverArgs },
  async run({ args }) {
    await print(await serverClient(args).redeliver(args.name, args.id));
    return 0;
  },
});

export const triggersCommand = commandGroup(
  {
    name: "triggers",
    description: "Start runs by webhooks and schedules: make, list, hold, fire and delete triggers.",
  },
  [
    put,
    get,
    list,
    remove,
    pauseSchedule,
    resumeSchedule,
    fireSchedule,
    backfillSchedule,
    listFirings,
    deliveries,
    delivery,
    redeliver,
  ],
);

/** What `triggers get` prints may be put again: what the server adds is left out. */
function asPut(document: JsonObject): JsonObject {
  const {
    name: _name,
    source: _source,
    createdAt: _createdAt,
    updatedAt: _updatedAt,
    url: _url,
    nextFireTimes: _nextFireTimes,
    lastFirings: _lastFirings,
    ...fields
  } = document;
  return fields;
}
