import { API_ERROR_STATUSES } from "../../../protocol/api/error-body.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import type { Operation } from "../../operation.ts";
import { type CompatFace, sameOperations } from "../compat-face.ts";
import { storeFlowOperation } from "../store-flow-operation.ts";
import { componentOperations } from "./components.ts";
import { flowVariablesOperation } from "./flow-variables.ts";
import { runOperations } from "./runs.ts";

/** REST as the clients of 0.10 and 0.11 speak it (the Python `StepflowClient` and the CLI of those releases). */
export function release011(deps: ApiDeps, library: FlowLibrary, operations: readonly Operation[]): CompatFace {
  return {
    base: "/compat/0.11/api/v1",
    operations: [
      storeFlowOperation(deps, library, (level) => level),
      flowVariablesOperation(library),
      ...runOperations(deps, library),
      ...componentOperations(deps),
      ...sameOperations(operations, [
        "getHealth",
        "getFlow",
        "deleteFlow",
        "deleteRun",
        "getRunFlow",
        "storeBlob",
        "getBlob",
      ]),
    ],
    refuse({ status, message, details, headers }) {
      const code = API_ERROR_STATUSES[status];
      return Response.json({ code, message, stack: [], ...(details && { details }) }, { status: code, headers });
    },
  };
}
