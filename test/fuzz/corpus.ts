/** Documents that people wrote: the example flows, those of the tests, and the conformance suite where it lies beside the repository. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MAX_CHARACTERS } from "./mutate-text.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["flows", "test/core/flow/golden", "test/core/types/golden", "workers", "../shared/conformance"];

function documentsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : documentsBelow(path);
      return /\.(?:ya?ml|jsontext)$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
    });
}

/** Flows and configurations, a few of them deliberately wrong. */
export const DOCUMENTS: readonly string[] = FOLDERS.flatMap((folder) => documentsBelow(join(ROOT, folder))).filter(
  (text) => text.length < MAX_CHARACTERS,
);

/** The words of the languages: every key and dollar sign that stands in a document, and the older spellings. */
export const WORDS: readonly string[] = [
  ...new Set([
    ...DOCUMENTS.flatMap((text) => text.match(/\$?[a-zA-Z_]\w*(?=["']?\s*:)/g) ?? []),
    "$step",
    "$input",
    "$variable",
    "$literal",
    "$if",
    "then",
    "else",
    "$coalesce",
    "$from",
    "$item",
    "$index",
    "$template",
    "path",
    "onSkip",
    "on_skip",
    "default",
    "defaultValue",
    "skip",
    "skipIf",
    "foreach",
    "retry",
    "timeout",
    "mustExecute",
    "maxConcurrency",
    "backoff",
    "inputSchema",
    "$ref",
    "$defs",
    "oneOf",
    "anyOf",
    "allOf",
    "enum",
    "const",
    "items",
    "additionalProperties",
    "required",
    "type",
    "properties",
    "$blob",
  ]),
].sort();
