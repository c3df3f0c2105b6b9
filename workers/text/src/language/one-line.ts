/** The text with every run of white space, line breaks included, as one space, and none at its ends. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
