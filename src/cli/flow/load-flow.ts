/** A flow file: read, brought into the canonical model, and validated, with findings placed in its text. */
import { dirname, resolve } from "node:path";
import {
  canonicalFlowText,
  type Flow,
  locateDiagnostics,
  parseFlow,
  type SourceMap,
  validateFlow,
} from "../../core/flow/index.ts";
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { invalid } from "../exit-code.ts";
import { readSource } from "../input/read-source.ts";
import { countDiagnostics, renderDiagnostics, type SourceText } from "../report/render-diagnostics.ts";
import { stderr } from "../report/terminal.ts";

export interface ReadFlow {
  readonly source: SourceText;
  /** Absolute path of its folder. */
  readonly directory: string;
  /** Absent after a fatal finding of the parser. */
  readonly flow?: Flow;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the parts of the document stand in its text. */
  readonly places: SourceMap;
}

export interface LoadedFlow extends ReadFlow {
  readonly flow: Flow;
  /** The canonical document: what is submitted. */
  readonly document: JsonObject;
}

/** Reads and validates; refuses (exit 2) only a file that cannot be read. */
export async function readFlow(path: string): Promise<ReadFlow> {
  const source = await readSource(path, "flow");
  return { source, directory: dirname(resolve(path)), ...parseAndValidate(source.text) };
}

/** Also refuses (exit 2) a flow with fatal or error findings, and says on standard error how many warnings there are. */
export async function loadFlow(path: string): Promise<LoadedFlow> {
  const read = await readFlow(path);
  return acceptFlow(read);
}

/** The flow with its canonical document, unless a fatal or error finding forbids to run it (exit 2). */
export function acceptFlow(read: ReadFlow): LoadedFlow {
  const { flow, diagnostics, source } = read;
  const grave = diagnostics.filter(({ level }) => level === "fatal" || level === "error");
  if (flow === undefined || grave.length > 0) {
    throw invalid(
      `${source.name} cannot run: ${countDiagnostics(grave)}\n\n${renderDiagnostics(grave, source, stderr).trimEnd()}`,
    );
  }
  const document: JsonObject = JSON.parse(canonicalFlowText(flow));
  return { ...read, flow, document };
}

function parseAndValidate(text: string): Pick<ReadFlow, "flow" | "diagnostics" | "places"> {
  const { flow, diagnostics, source } = parseFlow(text);
  return flow === undefined
    ? { diagnostics, places: source }
    : { flow, diagnostics: [...diagnostics, ...locateDiagnostics(validateFlow(flow), source)], places: source };
}
