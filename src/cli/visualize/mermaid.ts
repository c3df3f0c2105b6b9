import { assertNever } from "../../protocol/assert-never.ts";
import type { FlowGraph, GraphNode } from "./flow-graph.ts";

/** Mermaid source (`flowchart TD`), as GitHub and most Markdown viewers draw it. */
export function renderMermaid(graph: FlowGraph): string {
  const names = new Map(graph.nodes.map((node, index) => [node.id, `n${index}`]));
  const lines = ["---", `title: ${JSON.stringify(graph.title)}`, "---", "flowchart TD"];
  for (const node of graph.nodes) lines.push(`  ${names.get(node.id)}${shape(node)}:::${node.kind}`);
  for (const edge of graph.edges) {
    const arrow = edge.control ? "-.->" : "-->";
    const label = edge.label === "" ? "" : `|${quote(edge.label)}|`;
    // A reference to a step that is not there: the flow is invalid, its picture leaves the edge out.
    if (names.has(edge.from)) lines.push(`  ${names.get(edge.from)} ${arrow}${label} ${names.get(edge.to)}`);
  }
  lines.push(
    "  classDef input fill:#dbeafe,stroke:#2563eb,color:#1e3a8a",
    "  classDef output fill:#dcfce7,stroke:#16a34a,color:#14532d",
    "  classDef step fill:#f8fafc,stroke:#475569,color:#0f172a",
    "  classDef decision fill:#fef3c7,stroke:#d97706,color:#78350f",
    "  classDef variable fill:#f3e8ff,stroke:#9333ea,color:#581c87",
  );
  return `${lines.join("\n")}\n`;
}

function shape(node: GraphNode): string {
  const marks = node.marks.map((mark) => `<i>${escape(mark)}</i>`);
  const text = [
    escape(node.title),
    ...(node.detail === undefined ? [] : [`<small>${escape(node.detail)}</small>`]),
    ...marks,
  ].join("<br/>");
  switch (node.kind) {
    case "input":
    case "output":
      return `(["${text}"])`;
    case "variable":
      return `[/"${text}"/]`;
    case "decision":
      return `{"${text}"}`;
    case "step":
      return node.marks.includes("for each") ? `[["${text}"]]` : `["${text}"]`;
    default:
      return assertNever(node.kind);
  }
}

const quote = (text: string) => `"${escape(text)}"`;

/** Mermaid's entities: a hash instead of the ampersand. */
function escape(text: string): string {
  return text
    .replaceAll("#", "#35;")
    .replaceAll('"', "#quot;")
    .replaceAll("<", "#lt;")
    .replaceAll(">", "#gt;")
    .replaceAll(/[\r\n]+/g, " ");
}
