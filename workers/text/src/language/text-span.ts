/** A piece of a text. `start` and `end` are UTF-16 offsets: `source.slice(start, end) === text`. */
export interface TextSpan {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The span without the white space around it; `undefined` if nothing is left. */
export function trimmedSpan(source: string, start: number, end: number): TextSpan | undefined {
  const raw = source.slice(start, end);
  const text = raw.trim();
  if (text === "") return undefined;
  const from = start + (raw.length - raw.trimStart().length);
  return { text, start: from, end: from + text.length };
}
