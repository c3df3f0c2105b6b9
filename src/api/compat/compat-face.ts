/**
 * A face of the API as an earlier release had it, below a base URL of its own, so that callers of that release work unmodified.
 * It translates what differs and hands on what does not; the rest of the product does not know of it.
 */
import { Hono } from "hono";
import type { z } from "zod";
import type { ApiDeps } from "../api-deps.ts";
import { ApiError, refusalFor } from "../api-error.ts";
import { type NoFields, type Operation, type OperationSpec, operation } from "../operation.ts";
import { routeOperations } from "../route-operations.ts";

export interface CompatFace {
  /** The path that its callers put before `/runs` and the like. */
  readonly base: string;
  readonly operations: readonly Operation[];
  /** A refusal in that release's form. */
  refuse(error: ApiError): Response;
}

export function compatApp(face: CompatFace, deps: ApiDeps): Hono {
  const app = new Hono();
  app.onError((error, context) => face.refuse(refusalFor(error, (fault) => deps.reportFault(fault, context.req.raw))));
  routeOperations(app, "", face.operations, deps);
  app.all("*", (context) => {
    throw new ApiError("NOT_FOUND", `${face.base} has nothing for ${context.req.method} at ${context.req.path}.`);
  });
  return app;
}

/** An operation of a face: undocumented, since that release's own documentation describes it. */
export function compatOperation<
  Params extends z.ZodObject = NoFields,
  Query extends z.ZodObject = NoFields,
  Headers extends z.ZodObject = NoFields,
  Body extends z.ZodObject = NoFields,
>(spec: Omit<OperationSpec<Params, Query, Headers, Body>, "operationId" | "tag" | "summary" | "responses">): Operation {
  return operation({ ...spec, operationId: "", tag: "", summary: "", responses: {} });
}

/** Our own operations of these ids, for what is the same; they answer every success with 200, as those releases did. */
export function sameOperations(operations: readonly Operation[], ids: readonly string[]): readonly Operation[] {
  return operations.filter(({ route }) => ids.includes(route.operationId ?? "")).map(answering200);
}

function answering200(same: Operation): Operation {
  return {
    method: same.method,
    path: same.path,
    scope: same.scope,
    route: same.route,
    async handle(...request) {
      const { status, body, headers } = await same.handle(...request);
      // An empty object is read by callers that expect one, and passed over by the others.
      return status === 204 ? Response.json({}) : new Response(body, { headers });
    },
  };
}
