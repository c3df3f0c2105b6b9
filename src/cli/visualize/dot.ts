import { assertNever } from "../../protocol/assert-never.ts";
import type { FlowGraph, GraphNode } from "./flow-graph.ts";

/** Graphviz source. */
export function renderDot(graph: FlowGraph): string {
  const known = new Set(graph.nodes.map((node) => node.id));
  const lines = [
    `digraph ${quote(graph.title)} {`,
    `  label=${quote(graph.title)}; labelloc=t; rankdir=TB;`,
    '  node [fontname="Helvetica", fontsize=11]; edge [fontname="Helvetica", fontsize=9, color="#64748b"];',
    ...graph.nodes.map((node) => `  ${quote(node.id)} [${attributes(node)}];`),
  ];
  for (const edge of graph.edges) {
    if (!known.has(edge.from)) continue;
    const style = [
      ...(edge.label === "" ? [] : [`label=${quote(edge.label)}`]),
      ...(edge.control ? ["style=dashed"] : []),
    ];
    lines.push(`  ${quote(edge.from)} -> ${quote(edge.to)}${style.length === 0 ? "" : ` [${style.join(", ")}]`};`);
  }
  return `${lines.join("\n")}\n}\n`;
}

function attributes(node: GraphNode): string {
  const label = `label=${quote([node.title, ...(node.detail === undefined ? [] : [node.detail]), ...node.marks].join("\n"))}`;
  switch (node.kind) {
    case "input":
      return `${label}, shape=box, style="rounded,filled", fillcolor="#dbeafe"`;
    case "output":
      return `${label}, shape=box, style="rounded,filled", fillcolor="#dcfce7"`;
    case "variable":
      return `${label}, shape=parallelogram, style=filled, fillcolor="#f3e8ff"`;
    case "decision":
      return `${label}, shape=diamond, style=filled, fillcolor="#fef3c7"`;
    case "step":
      return `${label}, shape=box, style=filled, fillcolor="#f8fafc"${node.marks.includes("for each") ? ", peripheries=2" : ""}`;
    default:
      return assertNever(node.kind);
  }
}

const quote = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll(/\r?\n/g, "\\n")}"`;
