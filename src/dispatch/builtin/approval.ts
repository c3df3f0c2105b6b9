import type { ApprovalRequest } from "../../core/ports/wait-component.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { WaitBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";
import { schemaFault } from "./wait-for-event.ts";
import { readWaitTimeout, timeoutSchema } from "./wait-timeout.ts";

const DEFAULT_TIMEOUT_MS = 72 * 60 * 60 * 1000;
const MAX_APPROVERS = 100;

const info = {
  component: "/approval",
  description:
    "Asks people, by signed links to a page, and waits for one decision. Gives {approved, decision, by?, comment?, data?, at}.",
  inputSchema: {
    type: "object",
    properties: {
      title: { type: "string", minLength: 1, maxLength: 1024 },
      message: { type: ["string", "null"], maxLength: 65_536, description: "Plain text; its lines are kept." },
      form: { type: ["object", "null"], description: "JSON Schema of an object: what is filled in with an approval." },
      approvers: {
        type: ["array", "null"],
        items: { type: "string", minLength: 1, maxLength: 256 },
        minItems: 1,
        maxItems: MAX_APPROVERS,
        uniqueItems: true,
        description: "Each has a link of their own; the first decision counts. Otherwise whoever has the link decides.",
      },
      timeout: {
        ...timeoutSchema,
        description: "Fails with TIMEOUT after so long, at most a year; 72 h unless given.",
      },
      on_reject: { type: ["string", "null"], enum: ["continue", "fail", null], description: "continue unless given." },
      notify: {
        type: ["object", "null"],
        properties: {
          component: { type: "string", minLength: 1 },
          input: { type: ["object", "null"], description: "links is added: [{approver?, page, approve, reject}]." },
        },
        required: ["component"],
        description: "A component that is called before the wait begins, with retries like any step.",
      },
    },
    required: ["title"],
  },
  outputSchema: {
    type: "object",
    properties: {
      approved: { type: "boolean" },
      decision: { type: "string", enum: ["approved", "rejected"] },
      by: { type: "string" },
      comment: { type: "string" },
      data: { type: "object" },
      at: { type: "string", format: "date-time" },
    },
    required: ["approved", "decision", "at"],
  },
};

interface Fields {
  readonly title: string;
  readonly message?: string | null;
  readonly form?: JsonObject | null;
  readonly approvers?: readonly string[] | null;
  readonly timeout?: Json;
  readonly on_reject?: ApprovalRequest["onReject"] | null;
  readonly notify?: { readonly component: string; readonly input?: JsonObject | null } | null;
}

/** A person's decision. */
export const approval: WaitBuiltin = {
  kind: "wait",
  info,
  plan(input) {
    const checked = checkInput<Fields>(info, input);
    if (checked.kind === "failed") return checked;
    const { title, message, form, approvers, timeout, on_reject: onReject, notify } = checked.fields;
    const bound = readWaitTimeout(info.component, timeout);
    if (bound.kind === "failed") return bound;
    const fault = form ? (schemaFault(form) ?? notAnObject(form)) : undefined;
    if (fault !== undefined) return rejectInput(info.component, "/form", fault);
    return {
      kind: "approval",
      request: {
        title,
        ...(message && { message }),
        ...(form && { form }),
        ...(approvers && { approvers }),
        onReject: onReject ?? "continue",
      },
      timeoutMs: bound.ms ?? DEFAULT_TIMEOUT_MS,
      ...(notify && { notify: { component: notify.component, input: notify.input ?? {} } }),
    };
  },
};

function notAnObject({ type }: JsonObject): string | undefined {
  return type === undefined || type === "object" ? undefined : 'the schema of an object is needed ("type": "object")';
}
