/**
 * Reads one map of the configuration key by key: spelling variants (`working_directory`), wrong types, missing and unknown keys
 * become diagnostics with a position. Numbers may stand in strings, since environment references give strings.
 */
import type { Json } from "../../protocol/json.ts";
import { nearestName } from "../diagnostics/index.ts";
import { type ConfigDiagnostics, childPath, type Position } from "./config-diagnostics.ts";
import { type ConfigNode, toJson } from "./config-document.ts";

export interface Located {
  readonly node: ConfigNode;
  readonly path: string;
}

export class SettingReader {
  readonly path: string;
  readonly at: Position;
  readonly diagnostics: ConfigDiagnostics;
  readonly #values = new Map<string, Located & { readonly written: string; readonly keyAt: Position }>();
  readonly #asked = new Set<string>();

  /** `undefined` (with a finding) if the node is not a map. */
  static open(place: Located, diagnostics: ConfigDiagnostics): SettingReader | undefined {
    if (place.node.kind === "map") return new SettingReader(place, diagnostics);
    report(place, "a map of settings", diagnostics);
    return undefined;
  }

  private constructor({ node, path }: Located, diagnostics: ConfigDiagnostics) {
    this.path = path;
    this.at = node.at;
    this.diagnostics = diagnostics;
    if (node.kind !== "map") return;
    for (const { key, value } of node.entries) {
      const written = key.kind === "scalar" ? String(key.value) : JSON.stringify(toJson(key));
      const name = camelCase(written);
      if (!this.#values.has(name))
        this.#values.set(name, { node: value, path: childPath(path, written), written, keyAt: key.at });
    }
  }

  /** The value under a key, nulls counting as absent. */
  take(key: string): Located | undefined {
    this.#asked.add(key);
    const found = this.#values.get(key);
    return found && !(found.node.kind === "scalar" && found.node.value === null) ? found : undefined;
  }

  string(key: string): string | undefined {
    const found = this.take(key);
    if (!found) return undefined;
    if (found.node.kind === "scalar" && typeof found.node.value !== "boolean") return String(found.node.value);
    return report(found, "a text", this.diagnostics);
  }

  requiredString(key: string, hint: string): string | undefined {
    const found = this.take(key);
    const value = found && this.string(key);
    if (value !== undefined && value !== "") return value;
    if (!found || value === "") {
      this.diagnostics.add("missingSetting", `"${key}" is missing`, {
        path: this.path,
        at: found?.node.at ?? this.at,
        hint,
      });
    }
    return undefined;
  }

  /** A number of at least `least`, whole if `least` is whole and `fractions` is not asked for. */
  number(key: string, options: { readonly least: number; readonly fractions?: boolean }): number | undefined {
    const found = this.take(key);
    if (!found) return undefined;
    const raw = found.node.kind === "scalar" ? found.node.value : undefined;
    const value = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    const fits =
      typeof value === "number" &&
      Number.isFinite(value) &&
      value >= options.least &&
      (options.fractions === true || Number.isSafeInteger(value));
    if (fits) return value;
    return report(found, `a ${options.fractions ? "" : "whole "}number of at least ${options.least}`, this.diagnostics);
  }

  boolean(key: string): boolean | undefined {
    const found = this.take(key);
    if (!found) return undefined;
    const value = found.node.kind === "scalar" ? found.node.value : undefined;
    if (value === true || value === "true") return true;
    return value === false || value === "false" ? false : report(found, "true or false", this.diagnostics);
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const found = this.take(key);
    if (!found) return undefined;
    const value = found.node.kind === "scalar" ? found.node.value : undefined;
    const match = allowed.find((candidate) => candidate === value);
    return match ?? report(found, `one of ${allowed.join(", ")}`, this.diagnostics);
  }

  strings(key: string): readonly string[] | undefined {
    const found = this.take(key);
    if (!found) return undefined;
    if (found.node.kind !== "list") return report(found, "a list of texts", this.diagnostics);
    return found.node.items.flatMap((node, index) => {
      if (node.kind === "scalar" && node.value !== null) return [String(node.value)];
      report({ node, path: childPath(found.path, index) }, "a text", this.diagnostics);
      return [];
    });
  }

  /** A map of texts, such as `env` or `headers`. */
  texts(key: string): Readonly<Record<string, string>> {
    const found = this.take(key);
    if (!found) return {};
    if (found.node.kind !== "map") return report(found, "a map of texts", this.diagnostics) ?? {};
    return Object.fromEntries(
      found.node.entries.flatMap(({ key: name, value }) => {
        if (name.kind === "scalar" && value.kind === "scalar")
          return [[String(name.value), String(value.value ?? "")] as const];
        report({ node: value, path: found.path }, "a text for each name", this.diagnostics);
        return [];
      }),
    );
  }

  json(key: string): Json | undefined {
    const found = this.take(key);
    return found && toJson(found.node);
  }

  /** Says that older documents have this setting and what happens with it; nothing if it was taken. */
  ignored(key: string, hint: string): void {
    if (this.#asked.has(key)) return;
    const found = this.#values.get(key);
    this.#asked.add(key);
    if (!found) return;
    this.diagnostics.add("ignoredSetting", `"${found.written}" has no effect here`, {
      path: found.path,
      at: found.keyAt,
      hint,
    });
  }

  /** What nobody asked for, as written. */
  rest(): readonly (Located & { readonly written: string })[] {
    return [...this.#values].filter(([key]) => !this.#asked.has(key)).map(([, value]) => value);
  }

  /** Warns about what nobody asked for. */
  finish(): void {
    for (const [key, { written, path, keyAt }] of this.#values) {
      if (this.#asked.has(key)) continue;
      const near = nearestName(key, this.#asked);
      const hint =
        near === undefined ? `settings known here: ${[...this.#asked].join(", ")}` : `did you mean "${near}"?`;
      this.diagnostics.add("unknownSetting", `unknown setting "${written}"`, { path, at: keyAt, hint });
    }
  }
}

function report(place: Located, expected: string, diagnostics: ConfigDiagnostics): undefined {
  diagnostics.add("invalidSetting", `expected ${expected}, found ${describe(place.node)}`, {
    path: place.path,
    at: place.node.at,
  });
  return undefined;
}

function describe(node: ConfigNode): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a map";
  return JSON.stringify(node.value);
}

function camelCase(key: string): string {
  return key.replace(/(?<=.)[_-]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
