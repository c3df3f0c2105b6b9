import { MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import type { ReportAt } from "./document-tree.ts";

/** A number that would be rounded, or is none. */
export function reportNumber(source: string, offset: number, report: ReportAt): void {
  const shown = source.length <= 40 ? source : `${source.slice(0, 37)}…`;
  report("unrepresentableNumber", `The number ${shown} does not fit in a double-precision number`, offset, {
    hint: "Put it in quotes to keep it as text; flows carry numbers only as far as JSON peers read them alike.",
  });
}

export function reportSurrogate(offset: number, report: ReportAt): void {
  report("loneSurrogate", "The text holds half of a surrogate pair, which is no character", offset, {
    hint: "Write the whole character, or keep such bytes in a binary blob.",
  });
}

export function reportDepth(offset: number, report: ReportAt): void {
  report("nestingTooDeep", `Nested more than ${MAX_JSON_DEPTH} levels deep`, offset, {
    hint: "Flatten the document, or keep nested data in a blob.",
  });
}
