import type { Diagnostic, DiagnosticLevel } from "../../protocol/diagnostic.ts";
import type { JsonObject } from "../../protocol/json.ts";

/**
 * Every kind of finding about a flow document. 1xxx–3xxx are the reference's (the level follows the thousands: 3 fatal,
 * 2 error, 1 warning); 9xxx are ours.
 */
const DIAGNOSTIC_KINDS = {
  unreachableStep: { code: 1000, level: "warning" },
  missingFlowName: { code: 1001, level: "warning" },
  missingFlowDescription: { code: 1002, level: "warning" },
  unvalidatedFieldAccess: { code: 1003, level: "warning" },
  missingVariableSchema: { code: 1004, level: "warning" },
  untypedComponentOutput: { code: 1100, level: "warning" },
  typeCheckIndeterminate: { code: 1101, level: "warning" },
  invalidSubflowLiteral: { code: 2003, level: "error" },
  undefinedVariable: { code: 2004, level: "error" },
  undefinedRequiredVariable: { code: 2005, level: "error" },
  typeMismatch: { code: 2100, level: "error" },
  unknownPropertyInPath: { code: 2101, level: "error" },
  invalidComponent: { code: 2500, level: "error" },
  duplicateStepId: { code: 3000, level: "fatal" },
  emptyStepId: { code: 3001, level: "fatal" },
  selfReference: { code: 3002, level: "fatal" },
  undefinedStepReference: { code: 3003, level: "fatal" },

  /** The text is not YAML or JSON. */
  syntaxError: { code: 9000, level: "fatal" },
  duplicateKey: { code: 9001, level: "fatal" },
  documentTooLarge: { code: 9002, level: "fatal" },
  nestingTooDeep: { code: 9003, level: "fatal" },
  /** Aliases that loop, point nowhere or expand to more than a document may hold. */
  invalidAlias: { code: 9004, level: "fatal" },
  /** NaN, an infinity, or digits that a double cannot hold. */
  unrepresentableNumber: { code: 9005, level: "fatal" },
  loneSurrogate: { code: 9006, level: "fatal" },
  wrongType: { code: 9007, level: "fatal" },
  missingField: { code: 9008, level: "fatal" },
  invalidValue: { code: 9009, level: "fatal" },
  invalidExpression: { code: 9010, level: "fatal" },
  invalidPath: { code: 9011, level: "fatal" },
  unsupportedKey: { code: 9012, level: "fatal" },

  unknownKey: { code: 9020, level: "warning" },
  /** A key that another key of the same object makes meaningless. */
  ignoredKey: { code: 9021, level: "warning" },
  /** Keys like `"10"`, which JavaScript moves to the front. */
  reorderedKeys: { code: 9022, level: "warning" },
  /** A path without `$` that looks like more than one key. */
  bareNamePath: { code: 9023, level: "warning" },
  yamlWarning: { code: 9024, level: "warning" },
  /** An inline sub-flow that is not under `$literal`. */
  unquotedSubflow: { code: 9025, level: "warning" },
  olderForm: { code: 9030, level: "info" },

  itemOutsideForeach: { code: 9040, level: "fatal" },
  foreachNotAnArray: { code: 9041, level: "error" },
} as const satisfies Record<string, { readonly code: number; readonly level: DiagnosticLevel }>;
export type DiagnosticKind = keyof typeof DIAGNOSTIC_KINDS;

/** What a finding has besides its kind and message. */
export type DiagnosticDetail = Pick<Diagnostic, "path" | "hint" | "line" | "column" | "experimental"> & {
  readonly data?: JsonObject;
};

/** A finding with the code and level of its kind. */
export function diagnosticOf(kind: DiagnosticKind, message: string, detail: DiagnosticDetail = {}): Diagnostic {
  return { ...DIAGNOSTIC_KINDS[kind], kind, message, ...detail };
}
