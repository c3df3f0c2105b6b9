import { z } from "zod";
import { defineComponent } from "../../../../src/sdk/index.ts";

const VERSION = "1.0.0";

/** What is done to every string; the first that is asked for counts. */
const RULES = {
  uppercase: (text: string) => text.toUpperCase(),
  lowercase: (text: string) => text.toLowerCase(),
  title_case: titleCase,
} as const;

export const processData = defineComponent({
  description: "Changes the case of the strings in an object, and says what has been done.",
  input: z.object({
    data: z.record(z.string(), z.json()),
    processing_rules: z
      .object({ uppercase: z.boolean(), lowercase: z.boolean(), title_case: z.boolean() })
      .partial()
      .nullish(),
    include_metadata: z.boolean().default(true),
  }),
  output: z.object({
    processed_data: z.record(z.string(), z.json()),
    metadata: z.record(z.string(), z.json()),
    processing_time_ms: z.int(),
  }),
  execute({ data, processing_rules, include_metadata }) {
    const startedAt = Date.now();
    const rules = processing_rules ?? {};
    const change = rules.uppercase
      ? RULES.uppercase
      : rules.lowercase
        ? RULES.lowercase
        : rules.title_case
          ? RULES.title_case
          : undefined;
    const processed = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, typeof value === "string" && change ? change(value) : value]),
    );
    const keys = Object.keys(data);
    const metadata = {
      processed_at: new Date().toISOString(),
      original_keys: keys,
      processed_keys: keys,
      rules_applied: rules,
      component_version: VERSION,
    };
    return {
      processed_data: processed,
      metadata: include_metadata ? metadata : {},
      processing_time_ms: Date.now() - startedAt,
    };
  },
});

/** Words of letters; what has signs or digits in it (an address, an identifier) stays as it is. */
function titleCase(text: string): string {
  return text.replaceAll(/(?<=^|\s)\p{L}[\p{L}\p{M}'’-]*(?=$|[\s,.;:!?])/gu, (word) => {
    const [first = "", ...rest] = word;
    return first.toUpperCase() + rest.join("").toLowerCase();
  });
}
