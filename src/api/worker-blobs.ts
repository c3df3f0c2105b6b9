/**
 * The blob API as workers reach it: under a secret path segment instead of a token, since they send no credentials. The segment
 * names the namespace; what lies behind it are the blob operations of the API.
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";
import { blobOperations } from "./blobs.ts";

const PATH = "/worker/:segment";

/** To be called before admission is asked for: the segment is the admission. */
export function serveWorkerBlobs(app: OpenAPIHono, deps: ApiDeps): void {
  for (const operation of blobOperations(deps)) {
    app.on(operation.method.toUpperCase(), PATH + operation.path.replaceAll(/\{(\w+)\}/g, ":$1"), (context) => {
      const { segment = "", ...parameters }: Record<string, string> = context.req.param();
      const namespace = deps.workerBlobs?.open(segment);
      if (namespace === undefined) {
        throw new ApiError(
          "FORBIDDEN",
          "This blob address is not one of ours, or out of date. A worker gets the current one with `initialize`.",
        );
      }
      return operation.handle(context.req.raw, parameters, deps, { name: "worker", namespace, scopes: [] });
    });
  }
}
