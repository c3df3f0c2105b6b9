import { health } from "../protocol/api/health.ts";
import type { ApiDeps } from "./api-deps.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";

export function healthOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "get",
      path: "/health",
      scope: "open",
      operationId: "getHealth",
      tag: "System",
      summary: "Whether the orchestrator answers",
      responses: { 200: { description: "It does.", schema: health } },
      handle: async () =>
        jsonReply({ status: "healthy", timestamp: new Date(deps.now()).toISOString(), version: deps.version }),
    }),
  ];
}
