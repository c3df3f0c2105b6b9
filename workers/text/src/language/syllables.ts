import type { Language } from "./stop-words.ts";

const VOWELS = "aeiouyàáâäãåæèéêëìíîïòóôöõøœùúûüýÿ";
const VOWEL_GROUP = new RegExp(`[${VOWELS}]+`, "g");
const SILENT_E = new RegExp(`[^${VOWELS}](?:e|es|ed)$`);

/** How many syllables a word (by its key) is likely spoken with; at least 1. Counts groups of vowels. */
export function syllableCount(key: string, language: Language): number {
  const groups = key.match(VOWEL_GROUP)?.length ?? 0;
  if (language !== "en" || groups < 2) return Math.max(groups, 1);
  // English: the final e is silent ("made", "walked"), but not in "table", "wanted", "boxes".
  const spoken = /[^aeiouy]le$|[td]ed$|(?:[sxzc]|ch|sh)es$/.test(key);
  return Math.max(SILENT_E.test(key) && !spoken ? groups - 1 : groups, 1);
}
