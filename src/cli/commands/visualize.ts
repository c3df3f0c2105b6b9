import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { assertNever } from "../../protocol/assert-never.ts";
import { leafCommand } from "../command.ts";
import { flowArgs, flowPath } from "../command-flags.ts";
import { invalid } from "../exit-code.ts";
import { readFlow } from "../flow/load-flow.ts";
import { renderDiagnostics } from "../report/render-diagnostics.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { stderr } from "../report/terminal.ts";
import { renderDot } from "../visualize/dot.ts";
import { type FlowGraph, flowGraph } from "../visualize/flow-graph.ts";
import { renderMermaid } from "../visualize/mermaid.ts";

type Format = "mermaid" | "dot" | "svg";

export const visualizeCommand = leafCommand({
  about: {
    name: "visualize",
    description: "Draw a flow: SVG, Mermaid or DOT, without other programs.",
    examples: ["stepflow visualize flow.yaml -o flow.svg", "stepflow visualize flow.yaml > flow.mmd"],
  },
  args: {
    ...flowArgs,
    output: {
      type: "string",
      alias: "o",
      valueHint: "FILE",
      description: "write there; its extension (.svg, .mmd, .md, .dot, .gv) chooses the format",
    },
    format: {
      type: "enum",
      options: ["mermaid", "dot", "svg"],
      description: "mermaid unless the output's extension says otherwise",
    },
    details: {
      type: "boolean",
      default: true,
      description: "components and marks of steps",
      negativeDescription: "only names",
    },
  },
  async run({ args }) {
    const { flow, diagnostics, source } = await readFlow(flowPath(args));
    if (flow === undefined)
      throw invalid(`${source.name} cannot be drawn\n\n${renderDiagnostics(diagnostics, source, stderr).trimEnd()}`);
    const graph = flowGraph(flow);
    const format = args.format ?? formatOf(args.output);
    const text = await render(!args.details ? withoutDetails(graph) : graph, format, args.output);
    if (args.output === undefined) await writeToStandardOutput(text);
    else {
      await writeFile(args.output, text);
      stderr.write(`${args.output}: ${flow.steps.length} steps drawn as ${format}\n`);
    }
    return 0;
  },
});

function formatOf(output: string | undefined): Format {
  if (output === undefined) return "mermaid";
  switch (extname(output).toLowerCase()) {
    case ".svg":
      return "svg";
    case ".dot":
    case ".gv":
      return "dot";
    case ".mmd":
    case ".mermaid":
    case ".md":
      return "mermaid";
    default:
      throw invalid(
        `${output}: no format goes with this extension`,
        "use .svg, .mmd, .md or .dot, or name one with --format",
      );
  }
}

async function render(graph: FlowGraph, format: Format, output: string | undefined): Promise<string> {
  switch (format) {
    case "svg": {
      // The layout library is loaded only here.
      const { renderSvg } = await import("../visualize/svg.ts");
      return renderSvg(graph);
    }
    case "dot":
      return renderDot(graph);
    case "mermaid": {
      const text = renderMermaid(graph);
      return output?.endsWith(".md") === true ? `\`\`\`mermaid\n${text}\`\`\`\n` : text;
    }
    default:
      return assertNever(format);
  }
}

function withoutDetails(graph: FlowGraph): FlowGraph {
  const { title, edges } = graph;
  return {
    title,
    edges,
    nodes: graph.nodes.map(({ id, kind, title: name }) => ({ id, kind, title: name, marks: [] })),
  };
}
