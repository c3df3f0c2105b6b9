/**
 * Reports of workers that answered a call with 202. The token in the path is the permission: it names one attempt at one task,
 * and nothing else is asked for.
 */
import type { TaskTicket, TaskTokens } from "../auth/task-tokens.ts";
import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import { runIdOfTask } from "../core/run/task.ts";
import { storeValue } from "../dispatch/store-value.ts";
import {
  completeTaskBody,
  failTaskBody,
  heartbeatBody,
  reportedTask,
  taskHeartbeat,
  taskParams,
} from "../protocol/api/task.ts";
import { readProgress } from "../protocol/progress.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { valueOf } from "./run-fault.ts";

const REPORT_RESPONSES = {
  200: { description: "Taken, now or before.", schema: reportedTask },
};

export function taskOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "post",
      path: "/tasks/{token}/complete",
      scope: "open",
      operationId: "completeTask",
      tag: "Tasks",
      summary: "Report a task's result",
      description: "The same report again is answered alike; another one for the same attempt is a conflict.",
      params: taskParams,
      body: completeTaskBody,
      responses: REPORT_RESPONSES,
      async handle({ params, body, warnings }) {
        const ticket = readTicket(deps.taskTokens, params.token);
        const value = await storeValue(body.output, deps.blobs(ticket.namespace));
        return jsonReply(await report(deps, ticket, { kind: "success", value }), { warnings });
      },
    }),
    operation({
      method: "post",
      path: "/tasks/{token}/fail",
      scope: "open",
      operationId: "failTask",
      tag: "Tasks",
      summary: "Report that a task failed",
      description: "Whether it is tried again follows from the step and the code, as for a failure answered at once.",
      params: taskParams,
      body: failTaskBody,
      responses: REPORT_RESPONSES,
      async handle({ params, body, warnings }) {
        const ticket = readTicket(deps.taskTokens, params.token);
        const { code, message, data, retryAfterSecs } = body;
        const outcome: TaskOutcome = {
          kind: "failed",
          error: { code, message, ...(data === undefined ? {} : { data }) },
          ...(retryAfterSecs === undefined ? {} : { retryAfterMs: retryAfterSecs * 1000 }),
        };
        return jsonReply(await report(deps, ticket, outcome), { warnings });
      },
    }),
    operation({
      method: "post",
      path: "/tasks/{token}/heartbeat",
      scope: "open",
      operationId: "heartbeatTask",
      tag: "Tasks",
      summary: "Give a sign of life",
      description:
        "Moves the deadline, and keeps what it tells of the progress. Tells whether the result is still wanted.",
      params: taskParams,
      body: heartbeatBody,
      responses: { 200: { description: "How the attempt stands.", schema: taskHeartbeat } },
      async handle({ params, body, warnings }) {
        const ticket = readTicket(deps.taskTokens, params.token);
        const runId = runIdOfTask(ticket.taskId);
        const { deadlineSecs, ...told } = body;
        const sign = readProgress(told);
        const reply = await deps.runs(ticket.namespace, runId).heartbeat({
          taskId: ticket.taskId,
          attempt: ticket.attempt,
          ...(deadlineSecs === undefined ? {} : { withinMs: deadlineSecs * 1000 }),
          ...(sign.kind === "progress" && { progress: sign.progress }),
        });
        return jsonReply(valueOf(reply, runId), { warnings });
      },
    }),
  ];
}

async function report(deps: ApiDeps, { namespace, taskId, attempt }: TaskTicket, outcome: TaskOutcome) {
  const runId = runIdOfTask(taskId);
  return valueOf(await deps.runs(namespace, runId).report({ taskId, attempt, outcome }), runId);
}

function readTicket(tokens: Pick<TaskTokens, "read"> | undefined, token: string): TaskTicket {
  const read = tokens?.read(token) ?? { kind: "forged" };
  switch (read.kind) {
    case "valid":
      return read.ticket;
    case "expired":
      throw new ApiError("FORBIDDEN", "This task token has expired.");
    case "forged":
      throw new ApiError(
        "FORBIDDEN",
        "This is no task token of this orchestrator. Use the URL of the header `stepflow-task-url` as it is.",
      );
  }
}
