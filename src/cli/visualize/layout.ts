import { Graph, layout } from "@dagrejs/dagre";
import type { FlowGraph, GraphEdge, GraphNode } from "./flow-graph.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}
/** A node with its place: `x`, `y` are the centre, in pixels. */
export interface PlacedNode extends GraphNode, Point {
  readonly width: number;
  readonly height: number;
}
export interface PlacedEdge extends GraphEdge {
  readonly points: readonly Point[];
  /** Centre of the label; absent without one. */
  readonly labelAt?: Point;
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** Width of a character of the label font (11 px monospace) and of the title font (13 px). */
export const SMALL_CHARACTER = 6.7;
const TITLE_CHARACTER = 7.6;
const LINE = 16;

/** Places nodes in layers from top to bottom, with as few crossings as dagre finds. */
export function layoutGraph(graph: FlowGraph): Layout {
  const drawing = new Graph({ multigraph: true });
  drawing.setGraph({ rankdir: "TB", nodesep: 36, ranksep: 46, edgesep: 16, marginx: 20, marginy: 20 });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) drawing.setNode(node.id, nodeSize(node));
  const edges = graph.edges.filter((edge) => drawing.hasNode(edge.from) && drawing.hasNode(edge.to));
  for (const [index, edge] of edges.entries()) {
    const size = edge.label === "" ? {} : { width: edge.label.length * SMALL_CHARACTER + 8, height: 16, labelpos: "c" };
    drawing.setEdge(edge.from, edge.to, size, String(index));
  }
  layout(drawing);
  const size = drawing.graph();
  const nodes = graph.nodes.map((node) => placed(node, drawing.node(node.id)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    nodes,
    edges: edges.map((edge, index) => {
      const { points, x, y } = drawing.edge(edge.from, edge.to, String(index));
      const path = meetDiamonds(points ?? [], byId.get(edge.from), byId.get(edge.to));
      return drawn(edge, path, edge.label === "" || x === undefined || y === undefined ? undefined : { x, y });
    }),
  };
}

function placed(node: GraphNode, box: Partial<Omit<PlacedNode, keyof GraphNode>>): PlacedNode {
  return { ...node, x: box.x ?? 0, y: box.y ?? 0, width: box.width ?? 0, height: box.height ?? 0 };
}

function drawn(edge: GraphEdge, points: readonly Point[], labelAt: Point | undefined): PlacedEdge {
  return { ...edge, points, ...(labelAt === undefined ? {} : { labelAt }) };
}

/** dagre ends edges at rectangles: at a diamond the end is moved on to its side. */
function meetDiamonds(
  points: readonly Point[],
  from: PlacedNode | undefined,
  to: PlacedNode | undefined,
): readonly Point[] {
  const result = [...points];
  const last = result.length - 1;
  const [second, beforeLast] = [result[1], result[last - 1]];
  if (from?.kind === "decision" && second !== undefined) result[0] = sideTowards(from, second);
  if (to?.kind === "decision" && beforeLast !== undefined) result[last] = sideTowards(to, beforeLast);
  return result;
}

/** Where the line from the diamond's centre to `point` leaves it. */
function sideTowards(diamond: PlacedNode, point: Point): Point {
  const dx = point.x - diamond.x;
  const dy = point.y - diamond.y;
  const reach = Math.abs(dx) / (diamond.width / 2) + Math.abs(dy) / (diamond.height / 2);
  return reach === 0 ? diamond : { x: diamond.x + dx / reach, y: diamond.y + dy / reach };
}

function nodeSize(node: GraphNode): { readonly width: number; readonly height: number } {
  const lines = [...(node.detail === undefined ? [] : [node.detail]), ...node.marks];
  const text = Math.max(node.title.length * TITLE_CHARACTER, ...lines.map((line) => line.length * SMALL_CHARACTER));
  if (node.kind === "decision") return { width: text * 1.5 + 36, height: 54 };
  return { width: Math.max(80, text + 28), height: 24 + LINE * (lines.length + (lines.length > 0 ? 0.4 : 0.5)) };
}
