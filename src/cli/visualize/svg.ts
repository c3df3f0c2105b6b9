/** A self-contained SVG: no fonts, scripts or files from elsewhere; colours follow the viewer's light or dark setting. */
import { assertNever } from "../../protocol/assert-never.ts";
import type { FlowGraph } from "./flow-graph.ts";
import { layoutGraph, type PlacedEdge, type PlacedNode, type Point, SMALL_CHARACTER } from "./layout.ts";

const STYLE = `
  :root { --paper: #ffffff; --ink: #0f172a; --soft: #64748b; --line: #94a3b8; --step: #f8fafc; --input: #dbeafe; --output: #dcfce7; --decision: #fef3c7; --variable: #f3e8ff; }
  @media (prefers-color-scheme: dark) { :root { --paper: #0b1120; --ink: #e2e8f0; --soft: #94a3b8; --line: #64748b; --step: #1e293b; --input: #1e3a8a; --output: #14532d; --decision: #713f12; --variable: #581c87; } }
  text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 11px; fill: var(--soft); text-anchor: middle; dominant-baseline: central; }
  .title { font-size: 13px; font-weight: 600; fill: var(--ink); }
  .mark { font-style: italic; }
  .shape { stroke: var(--line); stroke-width: 1.2; }
  .step .shape { fill: var(--step); } .input .shape { fill: var(--input); } .output .shape { fill: var(--output); }
  .decision .shape { fill: var(--decision); } .variable .shape { fill: var(--variable); }
  .edge { fill: none; stroke: var(--line); stroke-width: 1.4; }
  .control { stroke-dasharray: 5 4; }
  .paper { fill: var(--paper); }
`;

export function renderSvg(graph: FlowGraph): string {
  const { width, height, nodes, edges } = layoutGraph(graph);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(graph.title)}">
<title>${escape(graph.title)}</title>
<style>${STYLE}</style>
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 L10 5 L0 10 z" fill="var(--line)"/></marker></defs>
<rect class="paper" width="100%" height="100%"/>
${edges.map(renderEdge).join("\n")}
${edges.map(renderLabel).filter(Boolean).join("\n")}
${nodes.map(renderNode).join("\n")}
</svg>
`;
}

function renderEdge(edge: PlacedEdge): string {
  return `<path class="edge${edge.control ? " control" : ""}" d="${curve(edge.points)}" marker-end="url(#arrow)"/>`;
}

function renderLabel(edge: PlacedEdge): string {
  if (edge.labelAt === undefined) return "";
  const { x, y } = edge.labelAt;
  const width = edge.label.length * SMALL_CHARACTER + 6;
  return `<rect class="paper" x="${n(x - width / 2)}" y="${n(y - 8)}" width="${n(width)}" height="16" rx="3"/><text x="${n(x)}" y="${n(y)}">${escape(edge.label)}</text>`;
}

function renderNode(node: PlacedNode): string {
  const lines = [
    { text: node.title, css: "title" },
    ...(node.detail === undefined ? [] : [{ text: node.detail, css: "detail" }]),
    ...node.marks.map((mark) => ({ text: mark, css: "mark" })),
  ];
  const top = node.y - ((lines.length - 1) * 16) / 2;
  const texts = lines.map(
    ({ text, css }, index) => `<text class="${css}" x="${n(node.x)}" y="${n(top + index * 16)}">${escape(text)}</text>`,
  );
  return `<g class="${node.kind}">${shape(node)}${texts.join("")}</g>`;
}

function shape(node: PlacedNode): string {
  const { x, y, width, height } = node;
  const left = x - width / 2;
  const top = y - height / 2;
  const box = (rx: number, dx = 0) =>
    `<rect class="shape" x="${n(left + dx)}" y="${n(top + dx)}" width="${n(width)}" height="${n(height)}" rx="${n(rx)}"/>`;
  switch (node.kind) {
    case "input":
    case "output":
      return box(height / 2);
    case "decision":
      return `<path class="shape" d="M${n(x)} ${n(top)} L${n(left + width)} ${n(y)} L${n(x)} ${n(top + height)} L${n(left)} ${n(y)} Z"/>`;
    case "variable":
      return `<path class="shape" d="M${n(left + 10)} ${n(top)} H${n(left + width)} L${n(left + width - 10)} ${n(top + height)} H${n(left)} Z"/>`;
    case "step":
      // A stack of cards: the step runs once per element.
      return node.marks.includes("for each") ? box(6, 6) + box(6, 3) + box(6) : box(6);
    default:
      return assertNever(node.kind);
  }
}

/** Through the points, rounded at the bends. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M${n(first.x)} ${n(first.y)}`;
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1];
    path +=
      next === undefined
        ? ` L${n(point.x)} ${n(point.y)}`
        : ` Q${n(point.x)} ${n(point.y)} ${n((point.x + next.x) / 2)} ${n((point.y + next.y) / 2)}`;
  }
  return path;
}

const n = (value: number) => String(Math.round(value * 10) / 10);

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
