import type { Json } from "./json.ts";
import { scanJson } from "./scan-json.ts";

export interface RepeatedKey {
  readonly key: string;
  /** Where it stands for the second time. */
  readonly offset: number;
}

/** The first key that an object of the JSON `text` gives twice: `JSON.parse`, which gave `json`, drops all but the last. */
export function repeatedKey(text: string, json: Json): RepeatedKey | undefined {
  // Counting is cheap. An escaped quote before a colon counts too many, which the second look puts right.
  if ((text.match(/"\s*:/g)?.length ?? 0) === countKeys(json)) return undefined;
  const open: Set<string>[] = [];
  let found: RepeatedKey | undefined;
  scanJson(text, {
    open: () => void open.push(new Set()),
    close: () => void open.pop(),
    key: (key, offset) => {
      const keys = open.at(-1);
      if (keys?.has(key)) found ??= { key, offset };
      keys?.add(key);
    },
  });
  return found;
}

function countKeys(json: Json): number {
  if (typeof json !== "object" || json === null) return 0;
  let count = Array.isArray(json) ? 0 : Object.keys(json).length;
  for (const child of Array.isArray(json) ? json : Object.values(json)) count += countKeys(child);
  return count;
}
