/**
 * Reads one object of a flow document field by field: it knows every spelling of a field, says which older ones were used and
 * which keys mean nothing. `null` counts as absent.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";
import { type DiagnosticDetail, type DiagnosticKind, nearestName } from "../diagnostics/index.ts";
import type { Path } from "../expression/index.ts";
import { canonicalField, type FieldTable, OLDER_FIELDS } from "./known-fields.ts";

export type Report = (kind: DiagnosticKind, message: string, at: Path, detail?: Omit<DiagnosticDetail, "path">) => void;

/** A value and where it stands. */
export interface Found<Value extends Json = Json> {
  readonly value: Value;
  readonly at: Path;
}

export class FieldReader<Fields extends FieldTable> {
  readonly #found = new Map<string, Found>();
  readonly #report: Report;

  /** `hints` says what to do about unknown keys that need more than the nearest name. */
  constructor(source: Found<JsonObject>, fields: Fields, report: Report, hints: Readonly<Record<string, string>> = {}) {
    this.#report = report;
    for (const [key, value] of Object.entries(source.value)) {
      const at = [...source.at, key];
      const name = canonicalField(key, fields);
      if (name === undefined) {
        reportUnknownKey(key, at, Object.keys(fields), Object.hasOwn(hints, key) ? hints[key] : undefined, report);
      } else if (value !== null) {
        this.#keep(name, key, { value, at });
      }
    }
  }

  #keep(name: string, key: string, found: Found): void {
    const other = this.#found.get(name);
    if (other !== undefined) {
      const ignored = key === name ? other.at : found.at;
      this.#report("ignoredKey", `'${name}' is given twice, in two spellings`, ignored, {
        hint: `Remove this one; '${name}' counts.`,
      });
      if (key !== name) return;
    } else if (key !== name && !OLDER_FIELDS.has(name)) {
      this.#report("olderForm", `'${key}' is an older spelling of '${name}'`, found.at, { hint: `Write '${name}'.` });
    }
    this.#found.set(name, found);
  }

  get(name: keyof Fields & string): Found | undefined {
    return this.#found.get(name);
  }

  string(name: keyof Fields & string): string | undefined {
    return this.#typed(name, (value) => typeof value === "string", "a string", 'Put it in quotes: "…".');
  }

  boolean(name: keyof Fields & string): boolean | undefined {
    return this.#typed(
      name,
      (value) => typeof value === "boolean",
      "true or false",
      "Write true or false, without quotes.",
    );
  }

  /** A whole number from `min` to 4294967295. */
  integer(name: keyof Fields & string, min: number): number | undefined {
    const isInteger = (value: Json) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= 0xffff_ffff;
    return this.#typed(
      name,
      (value): value is number => isInteger(value),
      `a whole number from ${min} on`,
      "Write a plain number, without quotes or a fraction.",
    );
  }

  object(name: keyof Fields & string): Found<JsonObject> | undefined {
    const found = this.#found.get(name);
    const value = this.#typed(name, isObject, "an object", "Write `key: value` lines below it, or { key: value }.");
    return value && found && { value, at: found.at };
  }

  array(name: keyof Fields & string): Found<Json[]> | undefined {
    const found = this.#found.get(name);
    const value = this.#typed(
      name,
      (json) => Array.isArray(json),
      "an array",
      "Write `- item` lines below it, or [item, item].",
    );
    return value && found && { value, at: found.at };
  }

  #typed<Value extends Json>(
    name: string,
    isRight: (value: Json) => value is Value,
    wanted: string,
    hint: string,
  ): Value | undefined {
    const found = this.#found.get(name);
    if (found === undefined) return undefined;
    if (isRight(found.value)) return found.value;
    this.#report("wrongType", `'${name}' must be ${wanted}, not ${describeJson(found.value)}`, found.at, { hint });
    return undefined;
  }
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, for a message: `the number 3`, `an array`. */
export function describeJson(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return "a string";
  return `the ${typeof value} ${String(value)}`;
}

function reportUnknownKey(
  key: string,
  at: Path,
  known: readonly string[],
  hint: string | undefined,
  report: Report,
): void {
  const near = nearestName(key, known);
  const advice = hint ?? (near === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean '${near}'?`);
  report("unknownKey", `Unknown key '${key}' is ignored`, at, { hint: advice });
}
