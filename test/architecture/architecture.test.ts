import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { VERSION } from "../../src/protocol/version.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What each part may import, besides itself. `protocol` is open to all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  core: [],
  journal: ["core"],
  blobs: ["core"],
  dispatch: ["core"],
  "index-store": ["core"],
  auth: ["core"],
  run: ["core", "journal", "blobs", "dispatch", "index-store", "auth"],
  queue: ["core", "journal", "blobs", "dispatch", "index-store", "auth"],
  triggers: ["core", "journal", "blobs", "dispatch", "index-store", "auth", "run", "queue"],
  api: ["core", "journal", "blobs", "dispatch", "index-store", "auth", "run", "queue", "triggers"],
  sdk: [],
  cli: ["core"],
  ui: [],
};
/** Parts that may name the platform, the network, the clock and randomness. */
const PURE = new Set(["protocol", "core"]);
const IMPURE_NAMES =
  /\b(?:fetch\s*\(|Date\.now|new Date\(\)|Math\.random|crypto\.|setTimeout|setInterval|console\.|process\.)/;

interface SourceFile {
  readonly path: string;
  readonly part: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

const sources: readonly SourceFile[] = filesBelow(join(root, "src")).map((file) => {
  const text = readFileSync(file, "utf8");
  const path = relative(root, file);
  const imports = [...withoutComments(text).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].flatMap(
    ([, target]) => target ?? [],
  );
  return { path, part: path.split("/")[1] ?? "", text, imports };
});

/** Paths of project files a file imports. */
function localImports({ path, imports }: SourceFile): string[] {
  return imports.filter((target) => target.startsWith(".")).map((target) => join(dirname(path), target));
}

const partFiles = sources.filter(({ path }) => path.split("/").length > 2);

describe("architecture", () => {
  it("knows every part of src", () => {
    expect(Object.keys(MAY_IMPORT)).toEqual(expect.arrayContaining([...new Set(partFiles.map(({ part }) => part))]));
  });

  it.each([...new Set(partFiles.map(({ part }) => part))])("%s imports only what lies below it", (part) => {
    const allowed = new Set([part, "protocol", ...(MAY_IMPORT[part] ?? [])]);
    const wrong = partFiles
      .filter((file) => file.part === part)
      .flatMap((file) =>
        localImports(file)
          .filter((target) => !allowed.has(target.split("/")[1] ?? ""))
          .map((target) => `${file.path} -> ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it("has no import cycles", () => {
    const graph = new Map(sources.map((file) => [file.path, localImports(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
        return;
      }
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it("keeps the core pure: no platform, network, clock, randomness or timers", () => {
    const wrong = partFiles
      .filter(({ part }) => PURE.has(part))
      .filter(
        ({ text, imports }) =>
          IMPURE_NAMES.test(withoutComments(text)) || imports.some((target) => /^(?:node|cloudflare):/.test(target)),
      )
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  it("has no source file over 500 lines", () => {
    const long = [...filesBelow(join(root, "src")), ...filesBelow(join(root, "workers"))].filter(
      (file) => readFileSync(file, "utf8").split("\n").length > 500,
    );
    expect(long).toEqual([]);
  });

  it("names files for what they hold", () => {
    const vague = sources
      .filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|common|misc|manager|types)\.tsx?$/.test(path))
      .map(({ path }) => path);
    expect(vague).toEqual([]);
  });

  it("re-exports by name, never everything", () => {
    expect(sources.filter(({ text }) => /export \* from/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it.each(["src/core/SPEC.md", "src/auth/SPEC.md", "src/triggers/SPEC.md"])(
    "cites every rule of %s in a test",
    (path) => {
      const spec = readFileSync(join(root, path), "utf8");
      const rules = [...spec.matchAll(/\*\*([A-Z]+-\d+)/g)].flatMap(([, rule]) => rule ?? []);
      const tests = filesBelow(join(root, "test")).filter((file) => statSync(file).isFile());
      const cited = new Set(
        tests.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/\b[A-Z]+-\d+\b/g)].map(([rule]) => rule)),
      );
      expect(rules.filter((rule) => !cited.has(rule))).toEqual([]);
    },
  );

  it("has the version of its package", () => {
    expect(VERSION).toBe(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
  });
});
