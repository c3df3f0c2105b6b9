import type { Expression } from "../expression/index.ts";
import { serializeExpression } from "../expression/index.ts";
import type { Flow, Step } from "./flow.ts";
import { parseFlowDocument } from "./read-flow.ts";
import { inlineFlows, isConstant } from "./validate-subflows.ts";

/** A place where a flow names a component. */
export interface ComponentUse {
  readonly component: string;
  readonly stepId: string;
  /** JSON pointer into the flow. */
  readonly pointer: string;
}

type Call = Pick<Step, "component" | "input">;

/** Every component a flow names: of steps, compensations, notifications of approvals, and of the flows written inside it. */
export function componentUses(flow: Flow): readonly ComponentUse[] {
  return flow.steps.flatMap((step, index) => {
    const at = `/steps/${index}`;
    return [
      ...usesOf(step, step.id, at),
      ...(step.compensate ? usesOf(step.compensate, step.id, `${at}/compensate`) : []),
    ];
  });
}

function usesOf(call: Call, stepId: string, at: string): readonly ComponentUse[] {
  const notified = notifiedComponent(call);
  return [
    { component: call.component, stepId, pointer: `${at}/component` },
    ...(notified === undefined ? [] : [{ component: notified, stepId, pointer: `${at}/input/notify/component` }]),
    ...inlineFlows(call, RUN_INLINE).flatMap(([field, expression]) => insideOf(expression, `${at}/input/${field}`)),
  ];
}

/** What `put_blob` stores is looked at when it is run. */
const RUN_INLINE = new Set(["map", "iterate", "eval"]);

function insideOf(expression: Expression, at: string): readonly ComponentUse[] {
  const isQuoted = expression.kind === "literal" && expression.quoted;
  if (expression.kind !== "literal" && !isConstant(expression)) return [];
  const document = expression.kind === "literal" ? expression.value : serializeExpression(expression);
  const { flow } = parseFlowDocument(document);
  const place = isQuoted ? `${at}/$literal` : at;
  return (flow ? componentUses(flow) : []).map((use) => ({ ...use, pointer: `${place}${use.pointer}` }));
}

/** Of an approval, where it is written down and not computed. */
function notifiedComponent({ component, input }: Call): string | undefined {
  if (!/^(?:\/builtin)?\/approval$/.test(component)) return undefined;
  const notify = memberOf(input, "notify");
  const written = notify && memberOf(notify, "component");
  return written?.kind === "literal" && typeof written.value === "string" ? written.value : undefined;
}

function memberOf(expression: Expression, name: string): Expression | undefined {
  if (expression.kind === "object") return new Map(expression.entries).get(name);
  if (expression.kind !== "literal") return undefined;
  const { value } = expression;
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined;
  return { ...expression, value: value[name] ?? null };
}
