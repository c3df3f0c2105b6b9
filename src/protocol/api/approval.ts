import { z } from "zod";
import { jsonObject } from "./json-value.ts";

export const approvalDecision = z.enum(["approved", "rejected"]);

export const approvalParams = z.object({ token: z.string().meta({ description: "The last part of a link's path." }) });
export const acceptedDecision = z
  .object({
    accepted: z.literal(true),
    repeated: z.boolean().meta({ description: "It was decided like this, by the same person, before." }),
  })
  .meta({ id: "AcceptedDecision" });

/** Body of `POST /approvals/{token}`. */
export const decisionBody = z
  .object({
    decision: approvalDecision.optional().meta({ description: "Unless the link's `?decision=` says." }),
    by: z.string().min(1).max(256).optional().meta({ description: "Who decides, where the link is nobody's own." }),
    comment: z.string().max(10_000).optional(),
    data: jsonObject.optional().meta({ description: "What the form asks for; kept with an approval." }),
  })
  .meta({
    id: "ApprovalDecision",
    examples: [{ decision: "approved", comment: "Go ahead.", data: { version: "1.2" } }],
  });
