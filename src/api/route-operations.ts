import type { Context } from "hono";
import { admit } from "./admission.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { Operation } from "./operation.ts";

/** The part of a Hono app that is needed. */
interface Routes {
  on(method: string, path: string, handler: (context: Context) => Promise<Response>): unknown;
}

/** Serves the operations below `base` to those who may call them. */
export function routeOperations(app: Routes, base: string, operations: readonly Operation[], deps: ApiDeps): void {
  for (const operation of operations) {
    app.on(operation.method.toUpperCase(), base + operation.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (context) => {
      const caller = await admit(context.req.raw, operation.scope, deps);
      return operation.handle(context.req.raw, context.req.param(), deps, caller);
    });
  }
}
