const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Text in which every UTF-16 unit is a character of its own (a carriage return joins the line feed after it). */
const PLAIN_ASCII = /^[\t\n\x20-\x7e]*$/;

/** Start offset of every character as a reader counts them (an emoji with its modifiers is one), and the end of the text. */
export function graphemeBoundaries(text: string): number[] {
  if (PLAIN_ASCII.test(text)) return Array.from({ length: text.length + 1 }, (_, index) => index);
  const boundaries = Array.from(segmenter.segment(text), ({ index }) => index);
  boundaries.push(text.length);
  return boundaries;
}

export function graphemeCount(text: string): number {
  return graphemeBoundaries(text).length - 1;
}
