import { z } from "zod";
import { parseFlowDocument } from "../../core/flow/index.ts";
import { jsonObject } from "../../protocol/api/json-value.ts";
import type { ApiDeps } from "../api-deps.ts";
import type { FlowLibrary } from "../flow-library.ts";
import { storeFlow } from "../flows.ts";
import type { Operation } from "../operation.ts";
import { compatOperation } from "./compat-face.ts";
import { type KnownLevel, knownDiagnostics } from "./known-diagnostics.ts";

/** `POST /flows` as earlier releases answer it; they differ in how they spell the level of a diagnostic. */
export function storeFlowOperation(
  deps: ApiDeps,
  library: FlowLibrary,
  level: (level: KnownLevel) => string | number,
): Operation {
  return compatOperation({
    method: "post",
    path: "/flows",
    scope: "flows:write",
    body: z.object({ flow: jsonObject, dryRun: z.boolean().nullish() }),
    async handle({ namespace, body: { flow, dryRun } }) {
      const toStore = { parsed: parseFlowDocument(flow), dryRun: dryRun ?? false };
      const { diagnostics, ...stored } = await storeFlow(deps, library, namespace, toStore);
      return Response.json({ ...stored, diagnostics: knownDiagnostics(diagnostics, level) });
    },
  });
}
