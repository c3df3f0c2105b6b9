/** A flow as a picture sees it: nodes and labelled edges, no layout and no syntax. */
import type { Expression, Path } from "../../core/expression/expression.ts";
import type { Flow, Step } from "../../core/flow/flow.ts";

export type NodeKind = "input" | "variable" | "step" | "decision" | "output";

export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  /** The component of a step. */
  readonly detail?: string;
  /** What else there is to know of a step: `for each`, `must run`, `sub-flow of 3 steps`, `on error: skip` … */
  readonly marks: readonly string[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** The data path, or the branch; empty for the whole value. */
  readonly label: string;
  /** Decides rather than carries data. */
  readonly control: boolean;
}

export interface FlowGraph {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** Labels longer than this say more than they help. */
const MAX_LABEL = 24;

export function flowGraph(flow: Flow): FlowGraph {
  const builder = new GraphBuilder();
  builder.node({ id: "input", kind: "input", title: "input", marks: [] });
  for (const step of flow.steps) {
    builder.node({ id: stepId(step.id), kind: "step", title: step.id, detail: step.component, marks: stepMarks(step) });
  }
  builder.node({ id: "output", kind: "output", title: "output", marks: [] });
  for (const step of flow.steps) {
    const id = stepId(step.id);
    if (step.skip !== undefined) builder.connect(step.skip, id, "skip if", true);
    if (step.foreach !== undefined) builder.connect(step.foreach, id, "each", false);
    builder.connect(step.input, id, "", false);
  }
  builder.connect(flow.output, "output", "", false);
  return { title: flow.name ?? "flow", ...builder.finish() };
}

const stepId = (id: string) => `step:${id}`;

class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #edges = new Map<string, GraphEdge & { readonly labels: string[] }>();
  readonly #variables = new Set<string>();
  #decisions = 0;

  node(node: GraphNode): void {
    this.#nodes.push(node);
  }

  /** Draws what `expression` reads into the node `to`. */
  connect(expression: Expression, to: string, prefix: string, control: boolean): void {
    const label = (path: Path) => [prefix, shortPath(path)].filter((part) => part !== "").join(" ");
    switch (expression.kind) {
      case "literal":
      case "item":
      case "index":
        return;
      case "array":
        for (const item of expression.items) this.connect(item, to, prefix, control);
        return;
      case "object":
        for (const [, value] of expression.entries) this.connect(value, to, prefix, control);
        return;
      case "template":
        for (const part of expression.parts) if (typeof part !== "string") this.connect(part, to, prefix, control);
        return;
      case "step":
        this.#edge(stepId(expression.step), to, label(expression.path), control);
        if (expression.onSkip.kind === "use_default") this.connect(expression.onSkip.value, to, "if skipped", control);
        return;
      case "input":
        this.#edge("input", to, label(expression.path), control);
        return;
      case "variable":
        this.#edge(this.#variable(String(expression.path[0] ?? "?")), to, label(expression.path.slice(1)), control);
        if (expression.default !== undefined) this.connect(expression.default, to, "default", control);
        return;
      case "if": {
        const decision = this.#decision("if", to, prefix, control);
        this.connect(expression.condition, decision, "condition", true);
        this.connect(expression.then, decision, "then", false);
        if (expression.else !== undefined) this.connect(expression.else, decision, "else", false);
        return;
      }
      case "coalesce": {
        const decision = this.#decision("first non-null", to, prefix, control);
        for (const [index, item] of expression.items.entries()) this.connect(item, decision, String(index + 1), false);
        return;
      }
    }
  }

  finish(): { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] } {
    const edges = [...this.#edges.values()].map(({ from, to, control, labels }) => ({
      from,
      to,
      control,
      label: joinLabels(labels),
    }));
    const used = new Set(edges.map((edge) => edge.from));
    return { nodes: this.#nodes.filter((node) => node.kind !== "input" || used.has(node.id)), edges };
  }

  #edge(from: string, to: string, label: string, control: boolean): void {
    const key = JSON.stringify([from, to, control]);
    const edge = this.#edges.get(key) ?? { from, to, label: "", control, labels: [] };
    if (!edge.labels.includes(label)) edge.labels.push(label);
    this.#edges.set(key, edge);
  }

  #variable(name: string): string {
    const id = `variable:${name}`;
    if (!this.#variables.has(id)) {
      this.#variables.add(id);
      this.node({ id, kind: "variable", title: name, marks: [] });
    }
    return id;
  }

  #decision(title: string, to: string, prefix: string, control: boolean): string {
    const id = `decision:${++this.#decisions}`;
    this.node({ id, kind: "decision", title, marks: [] });
    this.#edge(id, to, prefix, control);
    return id;
  }
}

/** `.items[0].name`; empty for the whole value. */
function shortPath(path: Path): string {
  return path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
}

/** The whole value swallows its parts; more than two parts are counted. */
function joinLabels(labels: readonly string[]): string {
  if (labels.includes("")) return "";
  const text = labels.length > 2 ? `${labels[0]}, … (${labels.length})` : labels.join(", ");
  return text.length <= MAX_LABEL ? text : `${text.slice(0, MAX_LABEL - 1)}…`;
}

function stepMarks(step: Step): string[] {
  const marks: string[] = [];
  if (step.foreach !== undefined) marks.push("for each");
  if (step.mustExecute) marks.push("must run");
  const subFlowSteps = countSubFlowSteps(step.input);
  if (subFlowSteps !== undefined) marks.push(`sub-flow of ${subFlowSteps} step${subFlowSteps === 1 ? "" : "s"}`);
  switch (step.onError.kind) {
    case "fail":
      break;
    case "use_default":
      marks.push("on error: default");
      break;
    case "skip":
      marks.push("on error: skip");
      break;
    case "retry":
      marks.push(`on error: retry ${step.onError.maxRetries}×`);
      break;
  }
  if (step.retry !== undefined) marks.push(`${step.retry.maxAttempts} attempts`);
  return marks;
}

/** A flow written out in the input (`$literal` or as it stands), as `eval`, `map`, `iterate` and `put_blob` take it. */
function countSubFlowSteps(input: Expression): number | undefined {
  if (input.kind !== "object") return undefined;
  for (const [key, value] of input.entries) {
    if (key !== "flow" && key !== "workflow" && key !== "data") continue;
    if (
      value.kind === "literal" &&
      typeof value.value === "object" &&
      value.value !== null &&
      !Array.isArray(value.value)
    ) {
      const { steps } = value.value;
      if (Array.isArray(steps)) return steps.length;
    }
    const steps = value.kind === "object" ? value.entries.find(([name]) => name === "steps")?.[1] : undefined;
    if (steps?.kind === "array") return steps.items.length;
  }
  return undefined;
}
