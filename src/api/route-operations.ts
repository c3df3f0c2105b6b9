import type { Context } from "hono";
import type { ApiDeps } from "./api-deps.ts";
import type { Operation } from "./operation.ts";

/** The part of a Hono app that is needed. */
interface Routes {
  on(method: string, path: string, handler: (context: Context) => Promise<Response>): unknown;
}

/** Serves the operations below `base`. */
export function routeOperations(app: Routes, base: string, operations: readonly Operation[], deps: ApiDeps): void {
  for (const operation of operations) {
    app.on(operation.method.toUpperCase(), base + operation.path.replaceAll(/\{(\w+)\}/g, ":$1"), (context) =>
      operation.handle(context.req.raw, context.req.param(), deps),
    );
  }
}
