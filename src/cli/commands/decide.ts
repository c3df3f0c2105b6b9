/** `runs approve` and `runs reject`: a decision by one of the links that the run hands out. */
import type { z } from "zod";
import type { decisionBody } from "../../protocol/api/approval.ts";
import type { ApiClient } from "../client/api-client.ts";
import { type CommandDescription, leafCommand } from "../command.ts";
import { serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { CommandFailure, invalid } from "../exit-code.ts";
import { parseStructured } from "../input/structured-text.ts";
import { writeToStandardOutput } from "../report/run-report.ts";

type Approval = Extract<Awaited<ReturnType<ApiClient["waits"]>>[number], { kind: "approval" }>;

const decideArgs = {
  run: { type: "positional", required: true, description: "the run's id" },
  ...serverArgs,
  step: { type: "string", valueHint: "STEP", description: "the step that asks, where several do" },
  item: { type: "string", valueHint: "N", description: "the item that asks, from 0, where several do" },
  element: { type: "string", valueHint: "N", description: "the element of a foreach step, from 0" },
  as: {
    type: "string",
    valueHint: "NAME",
    description: "who decides: one of the approvers, where the step names them",
  },
  comment: { type: "string", valueHint: "TEXT", description: "kept with the decision" },
} as const;

const decide = (decision: "approved" | "rejected", about: CommandDescription) =>
  leafCommand({
    about,
    args: {
      ...decideArgs,
      "data-json": { type: "string", valueHint: "JSON", description: "what the form asks for; an object" },
    },
    async run({ args }) {
      const client = serverClient(args);
      const [item, element] = [wholeNumber("item", args.item, 0), wholeNumber("element", args.element, 0)];
      const text = args["data-json"];
      const data = text === undefined ? undefined : objectOf(parseStructured({ name: "--data-json", text }, "json"));
      const asked = (await client.waits(args.run)).filter((wait) => wait.kind === "approval");
      const approval = theOne(
        args.run,
        asked.filter(
          (wait) =>
            (args.step === undefined || wait.stepId === args.step) &&
            (item === undefined || wait.itemIndex === item) &&
            (element === undefined || wait.elementIndex === element),
        ),
      );
      const accepted = await client.decide(tokenOf(linkOf(approval, args.as).page), {
        decision,
        ...(args.as !== undefined && { by: args.as }),
        ...(args.comment !== undefined && { comment: args.comment }),
        ...(data !== undefined && { data }),
      });
      await writeToStandardOutput(`${JSON.stringify(accepted, null, 2)}\n`);
      return 0;
    },
  });

export const approve = decide("approved", {
  name: "approve",
  description: "Approve what a step of a run asks for.",
  examples: ["stepflow runs approve RUN --as ada@example.com --data-json '{\"amount\": 12}'"],
});
export const reject = decide("rejected", {
  name: "reject",
  description: "Reject what a step of a run asks for.",
  examples: ["stepflow runs reject RUN --step release --comment 'not before Monday'"],
});

function theOne(runId: string, found: readonly Approval[]): Approval {
  const [approval, ...others] = found;
  if (approval === undefined)
    throw new CommandFailure(`run ${runId} asks for no such approval now`, {
      hint: `see what it waits for with: stepflow runs waits ${runId}`,
    });
  if (others.length === 0) return approval;
  const places = found.map(({ stepId, itemIndex, elementIndex }) =>
    [`--step ${stepId} --item ${itemIndex}`, ...(elementIndex === undefined ? [] : [`--element ${elementIndex}`])].join(
      " ",
    ),
  );
  throw invalid(`${found.length} approvals are asked for`, `name one: ${places.slice(0, 5).join("; ")}`);
}

/** The link of the approver who is named, or the one that is nobody's own. */
function linkOf({ approval: { links } }: Approval, name: string | undefined): Approval["approval"]["links"][number] {
  const link = links.find(({ approver }) => approver === undefined || approver === name);
  if (link !== undefined) return link;
  const names = links.flatMap(({ approver }) => approver ?? []);
  throw invalid(
    name === undefined ? "who decides is not given" : `${name} is none of the approvers`,
    `name one of them: ${names.map((one) => `--as ${one}`).join(", ")}`,
  );
}

function tokenOf(page: string): string {
  return page.slice(page.lastIndexOf("/") + 1);
}

function objectOf(value: unknown): NonNullable<z.input<typeof decisionBody>["data"]> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("--data-json is no object", "for example --data-json '{\"amount\": 12}'");
  return value as NonNullable<z.input<typeof decisionBody>["data"]>;
}
