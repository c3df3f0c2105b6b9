import { assertNever } from "../assert-never.ts";
import { defineComponent, success } from "../component.ts";
import { oneLine } from "../language/one-line.ts";
import { boolean, choice, integer, object, string, withDefault } from "../schema.ts";

/** Zero-width and bidirectional formatting characters, the byte order mark, and controls other than tab and line feed. */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- controls are what this component removes
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;

export const normalize = defineComponent({
  name: "normalize",
  description:
    "Brings a text into one shape: Unicode form, line ends, invisible characters, white space, quotes and dashes.",
  input: object({
    text: string(),
    form: withDefault(choice(["NFC", "NFKC", "NFD", "NFKD"], { description: "Unicode normalization form" }), "NFC"),
    whitespace: withDefault(
      choice(["paragraphs", "single_line", "keep"], {
        description:
          "paragraphs: runs of spaces become one, blank lines at most one; single_line: everything on one line",
      }),
      "paragraphs",
    ),
    quotes: withDefault(
      choice(["straight", "keep"], { description: "straight: “typographic” quotes, dashes and … become ASCII" }),
      "straight",
    ),
    lower_case: withDefault(boolean(), false),
    strip_accents: withDefault(boolean({ description: "é becomes e; letters such as ß or ø stay" }), false),
  }),
  output: object({
    text: string(),
    changed: boolean(),
    characters_removed: integer({ description: "UTF-16 units fewer than before" }),
  }),
  run({ text, form, whitespace, quotes, lower_case, strip_accents }) {
    let normal = text
      .replace(/\r\n?|\u2028/g, "\n")
      .replaceAll("\u2029", "\n\n")
      .replace(INVISIBLE, "");
    if (quotes === "straight") normal = straightened(normal);
    if (strip_accents) normal = normal.normalize("NFD").replace(/\p{Mn}+/gu, "");
    if (lower_case) normal = normal.toLowerCase();
    normal = spaced(normal.normalize(form), whitespace);
    return success({
      text: normal,
      changed: normal !== text,
      characters_removed: Math.max(0, text.length - normal.length),
    });
  },
});

function straightened(text: string): string {
  return text
    .replace(/[“”„‟«»]/g, '"')
    .replace(/[‘’‚‛‹›]/g, "'")
    .replace(/[‐‑‒–]/g, "-")
    .replace(/—/g, "--")
    .replace(/…/g, "...");
}

function spaced(text: string, whitespace: "paragraphs" | "single_line" | "keep"): string {
  switch (whitespace) {
    case "keep":
      return text;
    case "single_line":
      return oneLine(text);
    case "paragraphs":
      return text
        .split("\n")
        .map((line) => oneLine(line))
        .join("\n")
        .replace(/\n{3,}/g, "\n\n")
        .trim();
    default:
      return assertNever(whitespace);
  }
}
