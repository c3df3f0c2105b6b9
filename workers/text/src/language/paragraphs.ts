import { type TextSpan, trimmedSpan } from "./text-span.ts";

/** The paragraphs of a text: what blank lines part. */
export function paragraphs(text: string): TextSpan[] {
  const found: TextSpan[] = [];
  let start = 0;
  for (const gap of text.matchAll(/\r?\n[^\S\n]*(?:\r?\n[^\S\n]*)+/g)) {
    const span = trimmedSpan(text, start, gap.index);
    if (span !== undefined) found.push(span);
    start = gap.index + gap[0].length;
  }
  const last = trimmedSpan(text, start, text.length);
  return last === undefined ? found : [...found, last];
}
