/** Commands of triggers that are schedules. */
import type { ArgsDef } from "citty";
import { OVERLAPS } from "../../core/schedule/index.ts";
import { leafCommand } from "../command.ts";
import { serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { renderTable } from "../report/table.ts";

const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);
const nameArgs = {
  name: { type: "positional", required: true, description: "the schedule's name" },
  ...serverArgs,
} as const;
const overlapArgs = {
  overlap: { type: "enum", options: [...OVERLAPS], description: "what is done while an earlier run is running" },
} as const satisfies ArgsDef;

const hold = (name: "pause" | "resume", description: string) =>
  leafCommand({
    about: { name, description },
    args: nameArgs,
    async run({ args }) {
      await print(await serverClient(args).holdSchedule(args.name, name));
      return 0;
    },
  });
export const pauseSchedule = hold("pause", "Hold a schedule: times that come until it is resumed fire nothing.");
export const resumeSchedule = hold("resume", "Let a paused schedule go on, from its next time on.");

export const fireSchedule = leafCommand({
  about: { name: "fire", description: "Fire a schedule now.", examples: ["stepflow triggers fire nightly"] },
  args: {
    ...nameArgs,
    ...overlapArgs,
    key: { type: "string", valueHint: "KEY", description: "the same key fires once" },
  },
  async run({ args }) {
    const { overlap, key } = args;
    const fired = await serverClient(args).fireSchedule(
      args.name,
      overlap === undefined ? {} : { overlap },
      key === undefined ? {} : { key },
    );
    await print(fired);
    return fired.state === "failed" ? 1 : 0;
  },
});

export const backfillSchedule = leafCommand({
  about: {
    name: "backfill",
    description: "Fire a schedule for times that are over, each once.",
    examples: ["stepflow triggers backfill nightly --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z"],
  },
  args: {
    ...nameArgs,
    ...overlapArgs,
    from: { type: "string", required: true, valueHint: "TIME", description: "the first time, included" },
    to: { type: "string", required: true, valueHint: "TIME", description: "up to here, excluded" },
    limit: { type: "string", valueHint: "N", description: "at most this many times, 100 unless given" },
  },
  async run({ args }) {
    const { from, to, overlap } = args;
    const limit = wholeNumber("limit", args.limit);
    await print(
      await serverClient(args).backfillSchedule(args.name, {
        from,
        to,
        ...(limit !== undefined && { limit }),
        ...(overlap !== undefined && { overlap }),
      }),
    );
    return 0;
  },
});

export const listFirings = leafCommand({
  about: { name: "firings", description: "List what a schedule has fired, newest first: runs, or why there is none." },
  args: {
    ...nameArgs,
    limit: { type: "string", valueHint: "N", default: "50", description: "how many" },
    cursor: { type: "string", valueHint: "CURSOR", description: "go on from the nextCursor of the page before" },
    format: { type: "enum", options: ["pretty", "json"], description: "pretty on a terminal, otherwise json" },
  },
  async run({ args }) {
    const page = await serverClient(args).firings(args.name, {
      limit: wholeNumber("limit", args.limit),
      cursor: args.cursor,
    });
    const pretty = (args.format ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
    const rows = page.firings.map(({ scheduledAt, cause, state, runId, reason, message }) => [
      scheduledAt,
      cause,
      state,
      runId ?? [reason, message].filter((text) => text !== undefined).join(": "),
    ]);
    await (pretty
      ? writeToStandardOutput(renderTable(["time", "cause", "state", "run or reason"], rows))
      : print(page));
    return 0;
  },
});
