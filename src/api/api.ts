/**
 * The HTTP API: one Hono app over the operations of each resource. Owns no state but the flow library's cache.
 * In: requests. Out: calls to runs, blobs and the index, through `ApiDeps`. Every failure leaves as `{error: …}`, whatever it was.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { cors } from "hono/cors";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError, answerError } from "./api-error.ts";
import { DECIDE_APPROVAL, serveApprovals } from "./approvals.ts";
import { blobOperations } from "./blobs.ts";
import { bulkRunOperations } from "./bulk-runs.ts";
import { compatApp } from "./compat/compat-face.ts";
import { compatFaces } from "./compat/compat-faces.ts";
import { componentOperations } from "./components.ts";
import { deliveryOperations } from "./deliveries.ts";
import { deriveRunOperations } from "./derive-run.ts";
import type { ReferenceDocument } from "./docs/reference-document.ts";
import { referencePage } from "./docs/reference-page.ts";
import { FlowLibrary } from "./flow-library.ts";
import { flowOperations } from "./flows.ts";
import { healthOperations } from "./health.ts";
import { serveHooks } from "./hooks.ts";
import { apiDocument, SECURITY_SCHEMES } from "./openapi-document.ts";
import type { Operation } from "./operation.ts";
import { discardBody } from "./request-body.ts";
import { routeOperations } from "./route-operations.ts";
import { runControlOperations } from "./run-control.ts";
import { runEventOperations } from "./run-events.ts";
import { runResultOperations } from "./run-results.ts";
import { runSignalOperations } from "./run-signals.ts";
import { runOperations } from "./runs.ts";
import { scheduleOperations } from "./schedules.ts";
import { submitRunOperations } from "./submit-run.ts";
import { taskOperations } from "./tasks.ts";
import { tokenOperations } from "./tokens.ts";
import { triggerOperations } from "./triggers.ts";
import { serveWorkerBlobs } from "./worker-blobs.ts";

const BASE = "/api/v1";
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/** Make it once per isolate: it caches flows. */
export function createApi(deps: ApiDeps): { fetch(request: Request): Promise<Response> } {
  const library = new FlowLibrary(
    (namespace) => deps.blobs(namespace),
    () => deps.now(),
  );
  const tasks = taskOperations(deps);
  const operations = [
    ...submitRunOperations(deps, library),
    ...runOperations(deps),
    ...runControlOperations(deps),
    ...deriveRunOperations(deps, library),
    ...bulkRunOperations(deps),
    ...runResultOperations(deps),
    ...runEventOperations(deps),
    ...runSignalOperations(deps),
    ...flowOperations(deps, library),
    ...blobOperations(deps),
    ...componentOperations(deps),
    ...triggerOperations(deps, library),
    ...deliveryOperations(deps),
    ...scheduleOperations(deps),
    ...tokenOperations(deps),
    ...healthOperations(deps),
  ];
  const app = new OpenAPIHono();
  app.onError((error, context) => answerError(error, (fault) => deps.reportFault(fault, context.req.raw)));
  app.notFound((context) => answerError(unknownRoute([...operations, ...tasks], context.req.raw), () => {}));
  serveWorkerBlobs(app, deps);
  serveHooks(app, deps);
  serveApprovals(app, deps);
  routeOperations(app, BASE, tasks, deps);
  app.use(cors({ origin: "*", exposeHeaders: ["location", "x-blob-type", "content-disposition"], maxAge: 600 }));
  for (const operation of [...operations, ...tasks]) {
    app.openAPIRegistry.registerPath(operation.route);
  }
  app.openAPIRegistry.registerPath(DECIDE_APPROVAL);
  routeOperations(app, BASE, operations, deps);
  for (const face of compatFaces(deps, library, operations)) app.route(face.base, compatApp(face, deps));
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES))
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  // What follows holds nobody's data and is open, as health is.
  const document = lazily(() => apiDocument(app, deps));
  const page = lazily(() => referencePage(document() as unknown as ReferenceDocument));
  app.get("/openapi.json", (context) => context.json(document()));
  app.get("/docs", (context) => context.html(page(), 200, { "content-security-policy": PAGE_POLICY }));
  app.get("/", (context) =>
    context.json({
      name: "stepflow-edge",
      version: deps.version,
      api: `${deps.publicUrl}${BASE}`,
      docs: `${deps.publicUrl}/docs`,
      openapi: `${deps.publicUrl}/openapi.json`,
    }),
  );
  return {
    async fetch(request) {
      const response = await app.fetch(request);
      if (response.status >= 400) await discardBody(request);
      return response;
    },
  };
}

function unknownRoute(operations: readonly Operation[], request: Request): ApiError {
  const { pathname } = new URL(request.url);
  const methods = operations
    .filter(({ path }) => pathPattern(path).test(pathname))
    .map(({ method }) => method.toUpperCase());
  if (methods.length === 0) return new ApiError("NOT_FOUND", `There is nothing at ${pathname}. See /docs.`);
  return new ApiError(
    "METHOD_NOT_ALLOWED",
    `${pathname} does not take ${request.method}, but ${methods.join(" and ")}.`,
    {
      headers: { allow: methods.join(", ") },
    },
  );
}

function pathPattern(path: string): RegExp {
  return new RegExp(`^${BASE}${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
