/** A place in a list ordered newest first: the key of the last entry seen. Its text form is opaque to callers. */
export interface ListPosition {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly id: string;
}

const FORM = /^(\d{1,15})_([0-9a-f-]{16,64})$/;

export function formatCursor(position: ListPosition): string {
  return `${position.at}_${position.id}`;
}

/** `undefined` when the text was not made by `formatCursor`. */
export function parseCursor(text: string): ListPosition | undefined {
  const match = FORM.exec(text);
  return match?.[1] && match[2] ? { at: Number(match[1]), id: match[2] } : undefined;
}
