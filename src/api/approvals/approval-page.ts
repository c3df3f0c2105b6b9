import type { RequestFault } from "../../protocol/api/error-body.ts";
import type { ApprovalView } from "../../run/approval-view.ts";
import { escapeHtml } from "../docs/html.ts";
import { APPROVAL_STYLE } from "./approval-style.ts";
import { type FormField, formFields } from "./form-field.ts";
import { type FormState, fieldHtml } from "./form-html.ts";

const COMMENT: FormField = {
  kind: "lines",
  name: "/comment",
  key: "comment",
  label: "Comment",
  description: undefined,
  isRequired: false,
  initial: undefined,
  schema: {},
};
const NAME: FormField = {
  ...COMMENT,
  kind: "text",
  name: "/by",
  key: "by",
  label: "Your name",
  description: "Kept with the decision as you write it.",
};
/** Otherwise the Enter key in a field would press the first button: nobody should approve by that. */
const NO_DEFAULT_BUTTON = "<button disabled hidden></button>";

/** What an approval asks for, or what became of it. It has no scripts and asks for nothing else. */
export function approvalPage(
  view: ApprovalView,
  {
    approver,
    chosen,
    given,
    faults,
  }: FormState & {
    /** Whose link it is. */
    readonly approver: string | undefined;
    readonly chosen: "approved" | "rejected" | undefined;
  },
): string {
  const { title, message, flowName, stepId, runId, state, form } = view;
  const asked = `<h1>${escapeHtml(title)}</h1>
<p class="dim">Step <code>${escapeHtml(stepId)}</code> of ${flowName === undefined ? "a flow" : escapeHtml(flowName)} · run <code>${escapeHtml(runId)}</code></p>
${message === undefined ? "" : `<div class="message">${escapeHtml(message)}</div>`}`;
  if (state.kind !== "open") return page(title, `${asked}${stateHtml(state)}`);
  const fields = form ? formFields(form) : [];
  const shown = new Set([...named(fields), COMMENT.name, NAME.name]);
  const rest = faults.filter(({ pointer }) => !shown.has(pointer));
  const asks = approver === undefined ? [COMMENT, NAME] : [COMMENT];
  const controls = [...fields, ...asks].map((field) => fieldHtml(field, { given, faults })).join("");
  const who =
    approver === undefined ? "" : `<p class="dim">You decide as <strong>${escapeHtml(approver)}</strong>.</p>`;
  const approve = '<button class="approve" name="decision" value="approved">Approve</button>';
  // What is to be filled in is filled in by those who approve.
  const reject = '<button class="reject" name="decision" value="rejected" formnovalidate>Reject</button>';
  const answers = chosen === "rejected" ? `${reject}${approve}` : `${approve}${reject}`;
  return page(
    title,
    `${asked}${faultsHtml(rest, faults.length > 0)}
<form method="post">
${NO_DEFAULT_BUTTON}
${controls}
${who}
<div class="answers">${answers}</div>
</form>
${state.until === undefined ? "" : `<p class="dim">Open until ${time(state.until)}. The first decision counts.</p>`}`,
  );
}

/** A page that only says something. */
export function plainPage(title: string, text: string): string {
  return page(title, `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>`);
}

function stateHtml(state: Exclude<ApprovalView["state"], { kind: "open" }>): string {
  if (state.kind === "over") {
    const when = state.at === undefined ? "" : ` (${time(state.at)})`;
    return `<p class="state" role="status">Nothing can be decided any more: ${escapeHtml(state.reason)}${when}.</p>`;
  }
  const by = state.by === undefined ? "" : ` by <strong>${escapeHtml(state.by)}</strong>`;
  const comment = state.comment === undefined ? "" : `<div class="message">${escapeHtml(state.comment)}</div>`;
  const word = state.decision === "approved" ? "Approved" : "Rejected";
  return `<div class="state ${state.decision}" role="status">${word}${by}, ${time(state.at)}.${comment}</div>`;
}

function faultsHtml(rest: readonly RequestFault[], isRefused: boolean): string {
  if (!isRefused) return "";
  const list = rest.map(
    ({ pointer, message }) => `<li><code>${escapeHtml(pointer)}</code> ${escapeHtml(message)}</li>`,
  );
  return `<div class="faults" role="alert">Nothing is decided yet: something has to be filled in otherwise.${list.length === 0 ? "" : `<ul>${list.join("")}</ul>`}</div>`;
}

function named(fields: readonly FormField[]): string[] {
  return fields.flatMap((field) => [field.name, ...(field.kind === "group" ? named(field.fields) : [])]);
}

function time(at: string): string {
  return `<time datetime="${escapeHtml(at)}">${escapeHtml(at.replace("T", " ").replace(/\.\d+Z$/, " UTC"))}</time>`;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${APPROVAL_STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>`;
}
