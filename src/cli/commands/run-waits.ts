/** Commands about what runs wait for. */
import { leafCommand } from "../command.ts";
import { serverArgs, serverClient } from "../command-flags.ts";
import { parseStructured } from "../input/structured-text.ts";
import { writeToStandardOutput } from "../report/run-report.ts";

const runArgs = { run: { type: "positional", required: true, description: "the run's id" }, ...serverArgs } as const;
const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);

export const signal = leafCommand({
  about: {
    name: "signal",
    description: "Send a signal to a run: one step that waits for it takes it, or the next that will.",
    examples: ["stepflow runs signal RUN paid --payload-json '{\"amount\": 12}' --id payment-4711"],
  },
  args: {
    run: { type: "positional", required: true, description: "the run's id" },
    name: { type: "positional", required: true, description: "what the step waits for" },
    ...serverArgs,
    "payload-json": { type: "string", valueHint: "JSON", description: "what the step gives; otherwise null" },
    id: { type: "string", valueHint: "ID", description: "sent again with the same id, it counts once" },
  },
  async run({ args }) {
    const text = args["payload-json"];
    const payload = text === undefined ? undefined : parseStructured({ name: "--payload-json", text }, "json");
    const accepted = await serverClient(args).signal(args.run, args.name, {
      ...(payload !== undefined && { payload }),
      ...(args.id !== undefined && { id: args.id }),
    });
    await print(accepted);
    return 0;
  },
});

export const waits = leafCommand({
  about: {
    name: "waits",
    description: "List what a run and its sub-runs wait for, the oldest first.",
    examples: ["stepflow runs waits RUN"],
  },
  args: runArgs,
  async run({ args }) {
    await print(await serverClient(args).waits(args.run));
    return 0;
  },
});
