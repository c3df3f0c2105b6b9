import { z } from "zod";
import { jsonObject } from "./json-value.ts";

/** `Diagnostic` on the wire. */
export const diagnosticSchema = z
  .object({
    code: z.int(),
    kind: z.string(),
    level: z.enum(["fatal", "error", "warning", "info"]),
    message: z.string(),
    path: z
      .string()
      .optional()
      .meta({ description: "JSON path in the flow.", examples: ["$.steps[0].input"] }),
    line: z.int().optional().meta({ description: "1-based; present when the flow was sent as text." }),
    column: z.int().optional(),
    hint: z.string().optional(),
    data: jsonObject.optional(),
    experimental: z.boolean().optional(),
  })
  .meta({ id: "Diagnostic", description: "One finding about a flow. A run is refused only for `fatal` ones." });

export const diagnosticReport = z
  .object({
    diagnostics: z.array(diagnosticSchema),
    numFatal: z.int(),
    numError: z.int(),
    numWarning: z.int(),
  })
  .meta({ id: "DiagnosticReport" });
export type DiagnosticReport = z.infer<typeof diagnosticReport>;
