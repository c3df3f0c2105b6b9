import { z } from "zod";
import { flowVariables, parseFlowDocument } from "../../../core/flow/index.ts";
import { blobIdSchema } from "../../../protocol/api/identifier.ts";
import { jsonObject } from "../../../protocol/api/json-value.ts";
import type { Diagnostic } from "../../../protocol/diagnostic.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import { storeFlow } from "../../flows.ts";
import type { Operation } from "../../operation.ts";
import { compatOperation } from "../compat-face.ts";

export function flowOperations(deps: ApiDeps, library: FlowLibrary): readonly Operation[] {
  return [
    compatOperation({
      method: "post",
      path: "/flows",
      body: z.object({ flow: jsonObject, dryRun: z.boolean().nullish() }),
      async handle({ namespace, body: { flow, dryRun } }) {
        const parsed = parseFlowDocument(flow);
        const { diagnostics, ...kept } = await storeFlow(deps, library, namespace, { parsed, dryRun: dryRun ?? false });
        return Response.json({ ...kept, diagnostics: diagnosticReport(diagnostics) });
      },
    }),
    compatOperation({
      method: "get",
      path: "/flows/{flowId}/variables",
      params: z.object({ flowId: blobIdSchema }),
      async handle({ namespace, params }) {
        const { flowId, flow } = await library.load(namespace, params.flowId);
        const envVars = Object.entries(flowVariables(flow)).flatMap(([name, { envVar }]) =>
          envVar === undefined ? [] : [[name, envVar] as const],
        );
        const schema = flow.schemas?.variables;
        return Response.json({
          flowId,
          ...(schema === undefined ? {} : { schema }),
          envVars: Object.fromEntries(envVars),
        });
      },
    }),
  ];
}

/** Without our hints (`info`), a level that 0.11 does not know. */
function diagnosticReport(diagnostics: readonly Diagnostic[]): object {
  const known = diagnostics.filter(({ level }) => level !== "info");
  const count = (wanted: Diagnostic["level"]) => known.filter(({ level }) => level === wanted).length;
  return {
    diagnostics: known.map(({ kind, code, level, message, path, data, experimental }) => ({
      kind,
      code,
      level,
      formatted: message,
      path,
      data,
      experimental,
    })),
    numFatal: count("fatal"),
    numError: count("error"),
    numWarning: count("warning"),
  };
}
