export interface TextPosition {
  /** Both 1-based; the column counts UTF-16 code units. */
  readonly line: number;
  readonly column: number;
}

/** The line and column of an offset. Reads the text up to it: for many offsets use `createLineIndex`. */
export function positionOf(text: string, offset: number): TextPosition {
  return createLineIndex(text.slice(0, offset))(offset);
}

/** Finds positions in a text in logarithmic time; the text is read once, at the first question. */
export function createLineIndex(text: string): (offset: number) => TextPosition {
  let starts: readonly number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}
