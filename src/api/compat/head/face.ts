import { API_ERROR_STATUSES } from "../../../protocol/api/error-body.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { ApiError } from "../../api-error.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import type { Operation } from "../../operation.ts";
import { type CompatFace, compatOperation, sameOperations } from "../compat-face.ts";
import { storeFlowOperation } from "../store-flow-operation.ts";
import { levelNumber } from "./enums.ts";
import { eventOperations } from "./events.ts";
import { runOperations } from "./runs.ts";

/** REST as the reference speaks it since 0.12: protobuf messages as JSON, runs in a `summary`, every success a 200. */
export function head(deps: ApiDeps, library: FlowLibrary, operations: readonly Operation[]): CompatFace {
  return {
    base: "/compat/head/api/v1",
    operations: [
      storeFlowOperation(deps, library, levelNumber),
      ...runOperations(deps, library),
      ...eventOperations(deps),
      healthOperation(deps),
      ...sameOperations(operations, [
        "listComponents",
        "getFlow",
        "getFlowVariables",
        "deleteFlow",
        "deleteRun",
        "getRunFlow",
        "storeBlob",
        "getBlob",
      ]),
    ],
    refuse,
  };
}

function healthOperation(deps: ApiDeps): Operation {
  return compatOperation({
    method: "get",
    path: "/health",
    scope: "open",
    handle: async () =>
      Response.json({
        status: "healthy",
        timestamp: new Date(deps.now()).toISOString(),
        build: {
          gitVersion: deps.version,
          dirty: false,
          rustcVersion: "",
          profile: "release",
          features: [],
          target: "workerd",
        },
      }),
  });
}

/** As a gRPC status is told over HTTP. */
function refuse({ status, message, details, headers }: ApiError): Response {
  const code = status === "FAILED_PRECONDITION" ? 400 : API_ERROR_STATUSES[status];
  const name = status === "CONFLICT" ? "ALREADY_EXISTS" : status;
  return Response.json(
    { error: { code, message, status: name, ...(details && { details }) } },
    { status: code, headers },
  );
}
