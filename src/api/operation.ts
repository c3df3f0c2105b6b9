/**
 * One operation of the API: its schemas, its documentation and its handler in one place. The same schemas check requests and
 * make the OpenAPI document, so that neither can drift from the other.
 */
import type { RouteConfig } from "@hono/zod-openapi";
import type { z } from "zod";
import type { Caller } from "../auth/caller.ts";
import { errorBody, type RequestFault } from "../protocol/api/error-body.ts";
import type { Namespace } from "../protocol/ids.ts";
import type { Json } from "../protocol/json.ts";
import { alternatives, type OperationScope } from "./admission.ts";
import type { ApiDeps } from "./api-deps.ts";
import { invalidRequest } from "./api-error.ts";
import { mediaType, readJson, readText } from "./request-body.ts";
import { checkFields, type FieldPlace, type Fields, isFields, queryFields } from "./request-fields.ts";

export type NoFields = z.ZodObject<Record<string, never>>;

interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless given. */
  readonly contentType?: string;
}

export interface OperationSpec<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Headers extends z.ZodObject,
  Body extends z.ZodObject,
> {
  readonly method: "get" | "post" | "put" | "delete";
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string;
  /** What a caller needs. */
  readonly scope: OperationScope;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly headers?: Headers;
  /** A JSON object, read and checked before the handler runs. */
  readonly body?: Body;
  /** No body at all is the same as `{}`. */
  readonly bodyOptional?: true;
  /** A body the handler reads itself: schemas by media type, for the documentation. */
  readonly rawBody?: Readonly<Record<string, z.ZodType>>;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  handle(request: OperationRequest<Fields<Params>, Fields<Query>, Fields<Headers>, Fields<Body>>): Promise<Response>;
}

/** A checked request. */
interface OperationRequest<Params, Query, Headers, Body> {
  readonly raw: Request;
  readonly caller: Caller;
  /** The caller's. */
  readonly namespace: Namespace;
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** What was odd but not refused. A handler that answers JSON gives it back with `jsonReply`. */
  readonly warnings: readonly RequestFault[];
}

export interface Operation {
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: string;
  /** Asked for before `handle` is called. */
  readonly scope: OperationScope;
  readonly route: RouteConfig;
  handle(
    raw: Request,
    pathParameters: Readonly<Record<string, string>>,
    deps: Pick<ApiDeps, "limits">,
    caller: Caller,
  ): Promise<Response>;
}

export function operation<
  Params extends z.ZodObject = NoFields,
  Query extends z.ZodObject = NoFields,
  Headers extends z.ZodObject = NoFields,
  Body extends z.ZodObject = NoFields,
>(spec: OperationSpec<Params, Query, Headers, Body>): Operation {
  return {
    method: spec.method,
    path: spec.path,
    scope: spec.scope,
    route: routeOf(spec),
    async handle(raw, pathParameters, deps, caller) {
      const faults: RequestFault[] = [];
      const warnings: RequestFault[] = [];
      // Without a schema there is nothing to read: the handler's type then has no fields to ask for.
      const check = <S extends z.ZodObject>(
        schema: S | undefined,
        fields: (schema: S) => Iterable<readonly [string, unknown]>,
        place: FieldPlace,
      ) => {
        if (schema === undefined) return {} as Fields<S>;
        const checked = checkFields(schema, fields(schema), place);
        if (checked.kind === "invalid") {
          faults.push(...checked.faults);
          return {} as Fields<S>;
        }
        if (place !== "header") warnings.push(...checked.warnings);
        return checked.value;
      };
      const params = check(spec.params, () => Object.entries(pathParameters), "path");
      const query = check(spec.query, (schema) => queryFields(schema, new URL(raw.url).searchParams), "query");
      const headers = check(spec.headers, (schema) => headerFields(schema, raw.headers), "header");
      const json = spec.body === undefined ? undefined : await bodyOf(spec, raw, deps);
      const body = check(spec.body, () => (isFields(json) ? Object.entries(json) : []), "body");
      if (spec.body !== undefined && !isFields(json))
        throw invalidRequest([{ pointer: "", message: "expected a JSON object" }]);
      if (faults.length > 0) throw invalidRequest(faults);
      return spec.handle({ raw, caller, namespace: caller.namespace, params, query, headers, body, warnings });
    },
  };
}

/** A JSON answer. Warnings go beside the fields of the value. */
export function jsonReply(
  value: object,
  options: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly warnings?: readonly RequestFault[];
  } = {},
): Response {
  const { status = 200, headers = {}, warnings = [] } = options;
  return Response.json(warnings.length > 0 ? { ...value, warnings } : value, { status, headers });
}

async function bodyOf(
  { bodyOptional }: { readonly bodyOptional?: true },
  raw: Request,
  deps: Pick<ApiDeps, "limits">,
): Promise<Json> {
  // A request without a body comes with an empty one.
  const isAbsent = bodyOptional && mediaType(raw) === "" && (await readText(raw, deps.limits)) === "";
  return isAbsent ? {} : await readJson(raw, deps.limits);
}

function headerFields(schema: z.ZodObject, headers: Headers): [string, unknown][] {
  return Object.keys(schema.shape).flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, unknown]];
  });
}

function routeOf<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodObject>(
  spec: OperationSpec<P, Q, H, B>,
): RouteConfig {
  const bodies = spec.rawBody ?? (spec.body ? { "application/json": spec.body } : undefined);
  const content = bodies && Object.fromEntries(Object.entries(bodies).map(([type, schema]) => [type, { schema }]));
  return {
    method: spec.method,
    path: `/api/v1${spec.path}`,
    operationId: spec.operationId,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    security:
      spec.scope === "open"
        ? []
        : alternatives(spec.scope).flatMap((scope) => [{ accessToken: [scope] }, { cloudflareAccess: [scope] }]),
    request: {
      ...(spec.params ? { params: spec.params } : {}),
      ...(spec.query ? { query: spec.query } : {}),
      ...(spec.headers ? { headers: spec.headers } : {}),
      ...(content ? { body: { content, required: !spec.bodyOptional } } : {}),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(spec.responses).map(([status, { description, schema, contentType = "application/json" }]) => [
          status,
          schema ? { description, content: { [contentType]: { schema } } } : { description },
        ]),
      ),
      default: { description: "Refused or failed", content: { "application/json": { schema: errorBody } } },
    },
  };
}
