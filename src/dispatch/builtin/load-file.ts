import { parseDocument } from "yaml";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json } from "../../protocol/json.ts";
import { parseJson } from "../../protocol/parse-json.ts";
import { storeValue } from "../store-value.ts";
import type { CallBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";

const FORMATS = ["json", "yaml", "text"] as const;
type Format = (typeof FORMATS)[number];

const info = {
  component: "/load_file",
  description: "Reads a file of the run's manifest as JSON, YAML or text.",
  inputSchema: {
    type: "object",
    properties: {
      path: { type: "string", minLength: 1, description: "As the manifest names it, relative to its root." },
      format: {
        enum: [...FORMATS, null],
        description: "Absent: by the extension; text for any but .json, .yml and .yaml.",
      },
    },
    required: ["path"],
  },
  outputSchema: {
    type: "object",
    properties: {
      data: {},
      metadata: {
        type: "object",
        properties: {
          resolved_path: { type: "string" },
          size_bytes: { type: "integer" },
          format: { type: "string", enum: [...FORMATS] },
        },
        required: ["resolved_path", "size_bytes", "format"],
      },
    },
    required: ["data", "metadata"],
  },
};

export const loadFile: CallBuiltin = {
  kind: "call",
  info,
  async execute({ input, files }, { blobs }) {
    const checked = checkInput<{ readonly path: string; readonly format?: Format | null }>(info, input);
    if (checked.kind === "failed") return checked;
    const { path: written, format: asked } = checked.fields;
    const path = resolveManifestPath(written);
    if (path === undefined)
      return rejectInput(info.component, "/path", `"${written}" leads out of the folder of the run's files`);
    const id = Object.hasOwn(files, path) ? files[path] : undefined;
    if (id === undefined) {
      return rejectInput(
        info.component,
        "/path",
        `the run was not given a file "${path}" (${describeFiles(Object.keys(files))})`,
      );
    }
    const blob = await blobs.get(id);
    if (!blob) {
      return {
        kind: "failed",
        error: { code: "RESOURCE_UNAVAILABLE", message: `the content of "${path}" (blob ${id}) is not stored` },
      };
    }
    const format = asked ?? formatOf(path);
    const content = readContent(blob.bytes, format);
    if (content.kind === "unreadable") return unreadable(path, format, content.reason);
    const metadata = { resolved_path: path, size_bytes: blob.bytes.length, format };
    return { kind: "success", value: await storeValue({ data: content.data, metadata }, blobs) };
  },
};

/** The path as a manifest spells it: no `.` or empty segments, no leading slash, `..` resolved; `undefined` if it leaves the root. */
export function resolveManifestPath(path: string): string | undefined {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join("/");
}

function formatOf(path: string): Format {
  const extension = /\.[^./]+$/.exec(path)?.[0].toLowerCase();
  if (extension === ".json") return "json";
  return extension === ".yml" || extension === ".yaml" ? "yaml" : "text";
}

type Content =
  | { readonly kind: "data"; readonly data: Json }
  | { readonly kind: "unreadable"; readonly reason: string };

function readContent(bytes: Uint8Array, format: Format): Content {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return { kind: "unreadable", reason: "it is not UTF-8 text" };
  }
  switch (format) {
    case "text":
      return { kind: "data", data: text };
    case "json":
      return readJson(text);
    case "yaml":
      return readYaml(text);
    default:
      return assertNever(format);
  }
}

function readJson(text: string): Content {
  const parsed = parseJson(text);
  if (parsed.kind === "json") return { kind: "data", data: parsed.json };
  return { kind: "unreadable", reason: `${parsed.message} (line ${parsed.line}, column ${parsed.column})` };
}

function readYaml(text: string): Content {
  try {
    const document = parseDocument(text);
    const [fault] = document.errors;
    if (fault) return { kind: "unreadable", reason: fault.message };
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    // By way of JSON text, so that dates, sets and numbers beyond JSON do not get in.
    return readJson(JSON.stringify(value ?? null, (_key, member: unknown) => refuseEndless(member)));
  } catch (cause) {
    return { kind: "unreadable", reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

function refuseEndless(member: unknown): unknown {
  if (typeof member !== "number" || Number.isFinite(member)) return member;
  throw new RangeError(`${member} is not a number that JSON has`);
}

function unreadable(path: string, format: Format, reason: string): TaskOutcome {
  const message = `"${path}" cannot be read as ${format}: ${reason}`;
  return { kind: "failed", error: { code: "INVALID_INPUT", message, data: { path, format } } };
}

function describeFiles(paths: readonly string[]): string {
  if (paths.length === 0) return "it was given no files";
  const shown = paths.slice(0, 10).join(", ");
  return `it has ${shown}${paths.length > 10 ? ` and ${paths.length - 10} more` : ""}`;
}
