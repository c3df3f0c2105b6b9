/**
 * Approvals as people reach them: the token in the path is the permission, and nothing else is asked for. A GET only shows, since
 * programs that look at mails follow links; a POST decides, of the page's form or with a JSON body.
 */
import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import type { ApprovalTicket } from "../core/ports/approval-links.ts";
import { runIdOfTask } from "../core/run/task.ts";
import { acceptedDecision, approvalDecision, approvalParams, decisionBody } from "../protocol/api/approval.ts";
import { errorBody, type RequestFault } from "../protocol/api/error-body.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ApprovalView, Decision } from "../run/approval-view.ts";
import type { RunReply } from "../run/run-api.ts";
import type { ApiDeps, ApiLimits } from "./api-deps.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { approvalPage, plainPage } from "./approvals/approval-page.ts";
import { readForm } from "./approvals/read-form.ts";
import { jsonReply } from "./operation.ts";
import { isJsonType, mediaType, readJson, readText, unsupportedMediaType } from "./request-body.ts";
import { checkFields, isFields } from "./request-fields.ts";
import { valueOf } from "./run-fault.ts";

const FORM_TYPE = "application/x-www-form-urlencoded";
/** What a person fills in is short. */
const MAX_BODY_BYTES = 1024 * 1024;
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};
const GONE = { title: "This approval is gone", text: "The run that asked for it was deleted." };

type Opened =
  | { readonly kind: "open"; readonly ticket: ApprovalTicket }
  | { readonly kind: "closed"; readonly reason: string };

/** For the OpenAPI document. */
export const DECIDE_APPROVAL: RouteConfig = {
  method: "post",
  path: "/approvals/{token}",
  operationId: "decideApproval",
  tags: ["Approvals"],
  summary: "Approve or reject",
  description:
    "The links that `/builtin/approval` hands out, as programs use them; a GET shows people a page with a form, and decides nothing. " +
    "The first decision counts. The same one again, by the same person, is answered alike; another one is refused.",
  security: [],
  request: {
    params: approvalParams,
    body: { content: { "application/json": { schema: decisionBody } }, required: true },
  },
  responses: {
    200: { description: "Decided, now or before.", content: { "application/json": { schema: acceptedDecision } } },
    default: { description: "Refused or failed", content: { "application/json": { schema: errorBody } } },
  },
};

/** To be called before admission is asked for: the token is the admission. */
export function serveApprovals(app: OpenAPIHono, deps: ApiDeps): void {
  app.get("/approvals/:token", async (context) => {
    const opened = openToken(deps, context.req.param("token"));
    if (opened.kind === "closed") return closedPage(opened.reason);
    const view = await viewOf(deps, opened.ticket);
    if (!view.ok) return html(plainPage(GONE.title, GONE.text), 404);
    const { approver } = opened.ticket;
    const chosen = chosenIn(context.req.raw);
    return html(approvalPage(view.value, { approver, chosen, given: undefined, faults: [] }));
  });
  app.post("/approvals/:token", async (context) => {
    const { raw } = context.req;
    const opened = openToken(deps, context.req.param("token"));
    const type = mediaType(raw);
    const limits = { ...deps.limits, maxJsonBodyBytes: Math.min(deps.limits.maxJsonBodyBytes, MAX_BODY_BYTES) };
    if (type === FORM_TYPE) {
      return opened.kind === "closed"
        ? closedPage(opened.reason)
        : decideByForm(deps, raw, opened.ticket, await readText(raw, limits));
    }
    if (!isJsonType(type)) throw unsupportedMediaType(raw, ["application/json", FORM_TYPE]);
    if (opened.kind === "closed") throw new ApiError("FORBIDDEN", opened.reason);
    return decideByJson(deps, raw, opened.ticket, limits);
  });
}

async function decideByJson(deps: ApiDeps, raw: Request, ticket: ApprovalTicket, limits: ApiLimits): Promise<Response> {
  const json = await readJson(raw, limits);
  if (!isFields(json)) throw invalidRequest([{ pointer: "", message: "expected a JSON object" }]);
  const checked = checkFields(decisionBody, Object.entries(json), "body");
  if (checked.kind === "invalid") throw invalidRequest(checked.faults);
  const { decision = chosenIn(raw), ...rest } = checked.value;
  if (decision === undefined)
    throw invalidRequest([{ pointer: "/decision", message: 'expected "approved" or "rejected"' }]);
  const reply = valueOf(await decide(deps, ticket, { decision, ...rest }), runIdOfTask(ticket.taskId));
  return jsonReply(reply, { headers: HEADERS, warnings: checked.warnings });
}

/** Faults are shown beside their fields; a decision leads back to the page, which then tells it. */
async function decideByForm(deps: ApiDeps, raw: Request, ticket: ApprovalTicket, body: string): Promise<Response> {
  const given = new Map(new URLSearchParams(body));
  const view = await viewOf(deps, ticket);
  if (!view.ok) return html(plainPage(GONE.title, GONE.text), 404);
  const read = readDecision(given, view.value, chosenIn(raw));
  const page = (now: ApprovalView, faults: readonly RequestFault[], status: number) =>
    html(approvalPage(now, { approver: ticket.approver, chosen: chosenIn(raw), given, faults }), status);
  // Once nothing can be decided any more, that is what counts.
  if (read.kind === "faults" && view.value.state.kind === "open") return page(view.value, read.faults, 400);
  const reply = read.kind === "decision" ? await decide(deps, ticket, read.decision) : undefined;
  if (reply?.ok) return new Response(null, { status: 303, headers: { ...HEADERS, location: pathOf(raw) } });
  if (reply?.fault.kind === "invalid")
    return page(view.value, reply.fault.faults ?? [{ pointer: "", message: reply.fault.message }], 400);
  const now = await viewOf(deps, ticket);
  return now.ok ? page(now.value, [], 409) : html(plainPage(GONE.title, GONE.text), 404);
}

/** What is asked to be filled in is asked of those who approve. */
function readDecision(
  given: ReadonlyMap<string, string>,
  { form }: ApprovalView,
  chosen: Decision["decision"] | undefined,
):
  | { readonly kind: "decision"; readonly decision: Decision }
  | { readonly kind: "faults"; readonly faults: readonly RequestFault[] } {
  const text = (name: string) => (given.get(name) ?? "").replaceAll("\r\n", "\n").trim();
  const fields = { decision: given.get("decision") ?? chosen, by: text("/by"), comment: text("/comment") };
  const filled = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  const checked = checkFields(decisionBody, filled, "body");
  const faults: RequestFault[] = checked.kind === "invalid" ? [...checked.faults] : [];
  const decision = approvalDecision.safeParse(fields.decision).data;
  if (decision === undefined && faults.length === 0) faults.push({ pointer: "", message: "Approve or reject." });
  let data: JsonObject | undefined;
  if (form && decision === "approved") {
    const read = readForm(form, given);
    faults.push(...read.faults);
    data = read.data;
  }
  if (checked.kind === "invalid" || decision === undefined || faults.length > 0) return { kind: "faults", faults };
  return { kind: "decision", decision: { ...checked.value, decision, ...(data && { data }) } };
}

function decide(deps: ApiDeps, { namespace, taskId, asking, approver }: ApprovalTicket, decision: Decision) {
  // A link of somebody's own says who it is; otherwise it is as they say.
  const signed = approver === undefined ? decision : { ...decision, by: approver };
  return deps.runs(namespace, runIdOfTask(taskId)).decideApproval(taskId, asking, signed);
}

function viewOf(deps: ApiDeps, { namespace, taskId, asking }: ApprovalTicket): Promise<RunReply<ApprovalView>> {
  return deps.runs(namespace, runIdOfTask(taskId)).approval(taskId, asking);
}

function openToken(deps: ApiDeps, token: string): Opened {
  const read = deps.approvals?.read(token, deps.now()) ?? { kind: "forged" };
  switch (read.kind) {
    case "valid":
      return { kind: "open", ticket: read.ticket };
    case "expired":
      return { kind: "closed", reason: "This link has expired." };
    case "forged":
      return {
        kind: "closed",
        reason: "It was not made here, or was cut off on its way. Use the link exactly as it was sent.",
      };
  }
}

function closedPage(reason: string): Response {
  return html(plainPage("This link does not open anything", reason), 403);
}

/** `?decision=` of a link that stands for one answer. */
function chosenIn(raw: Request): Decision["decision"] | undefined {
  return approvalDecision.safeParse(new URL(raw.url).searchParams.get("decision")).data;
}

function pathOf(raw: Request): string {
  return new URL(raw.url).pathname;
}

function html(text: string, status = 200): Response {
  return new Response(text, { status, headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" } });
}
