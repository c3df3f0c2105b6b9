import { paragraphs } from "./paragraphs.ts";
import { type TextSpan, trimmedSpan } from "./text-span.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** After these a full stop does not end a sentence. Lower case, without the stop. */
const ABBREVIATIONS = new Set(
  (
    "mr mrs ms dr prof st jr sr rev hon gen col capt lt sgt vs etc cf fig no vol pp ed eds al ca e.g i.e " +
    "hr fr nr bzw usw evtl ggf vgl z.b d.h u.a s.o str abb bd hrsg inkl zzgl"
  ).split(" "),
);

/**
 * The sentences of a text in order. Unicode's rules, with some repairs: a line break inside a paragraph is a space (hard-wrapped
 * text), an abbreviation, an initial or a quotation inside does not end a sentence, and a list item starts one.
 */
export function sentences(text: string): TextSpan[] {
  return paragraphs(text).flatMap((paragraph) => {
    // Same length, so that offsets into the unwrapped text are offsets into the source.
    const unwrapped = paragraph.text.replace(/\r?\n(?![^\S\n]*(?:[-*•–]|\d{1,3}[.)])\s)/g, (gap) =>
      " ".repeat(gap.length),
    );
    return sentenceRanges(unwrapped).flatMap(({ start, end }) => {
      const span = trimmedSpan(text, paragraph.start + start, paragraph.start + end);
      return span === undefined ? [] : [span];
    });
  });
}

function sentenceRanges(text: string): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  let open: { start: number; end: number } | undefined;
  for (const { segment, index } of segmenter.segment(text)) {
    const end = index + segment.length;
    if (open === undefined || !continues(text.slice(open.start, open.end), segment)) {
      open = { start: index, end };
      ranges.push(open);
    } else {
      open.end = end;
    }
  }
  return ranges;
}

/** Whether `segment` goes on with what stands before it. */
function continues(before: string, segment: string): boolean {
  // Only the tail is looked at: a sentence may be as long as the text.
  const tail = before.slice(-16);
  return endsInAbbreviation(tail) || (/["'”’»«]\s+$/.test(tail) && /^\p{Ll}/u.test(segment));
}

function endsInAbbreviation(tail: string): boolean {
  const last = /(?:^|[\s(„“"'])([\p{L}.]{1,6})\.\s+$/u.exec(tail)?.[1];
  if (last === undefined) return false;
  return ABBREVIATIONS.has(last.toLowerCase()) || (/^\p{Lu}$/u.test(last) && last !== "I");
}
