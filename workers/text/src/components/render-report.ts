import { defineComponent, success } from "../component.ts";
import { oneLine } from "../language/one-line.ts";
import { array, integer, nullable, number, object, optional, string } from "../schema.ts";
import { keywordSchema } from "./extract-keywords.ts";

const figuresSchema = object(
  { words: integer(), sentences: integer(), reading_seconds: integer(), reading_ease: nullable(number()) },
  { extra: "ignore", description: "The output of `statistics`" },
);

export const renderReport = defineComponent({
  name: "render_report",
  description: "Writes a short Markdown report from a title, a summary, keywords and statistics.",
  input: object({
    title: string({ minLength: 1 }),
    summary: optional(string()),
    keywords: optional(array(keywordSchema)),
    statistics: optional(figuresSchema),
  }),
  output: object({ markdown: string() }),
  run({ title, summary, keywords, statistics }) {
    const sections = [`# ${oneLine(title)}`];
    if (statistics !== undefined) sections.push(figuresLine(statistics));
    if (summary !== undefined && summary.trim() !== "") sections.push(`## Summary\n\n${summary.trim()}`);
    if (keywords !== undefined && keywords.length > 0) {
      sections.push(
        `## Keywords\n\n${keywords.map(({ phrase, count }) => `- ${oneLine(phrase)} (${count}×)`).join("\n")}`,
      );
    }
    return success({ markdown: `${sections.join("\n\n")}\n` });
  },
});

function figuresLine({
  words,
  sentences,
  reading_seconds,
  reading_ease,
}: {
  words: number;
  sentences: number;
  reading_seconds: number;
  reading_ease: number | null;
}): string {
  const minutes = Math.max(1, Math.round(reading_seconds / 60));
  const ease = reading_ease === null ? "" : ` · reading ease ${reading_ease}`;
  return `${words} words · ${sentences} sentences · ${minutes} min${ease}`;
}
