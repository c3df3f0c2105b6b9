/**
 * What `load_file` may read in a local run. A flow that uses it gets the files it names, or, where the path is computed, the
 * files of its working directory within bounds; `--file` adds single ones. Files are uploaded as binary blobs.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import type { Json } from "../../protocol/json.ts";
import type { ApiClient } from "../client/api-client.ts";
import { invalid } from "../exit-code.ts";
import { shownPath } from "../input/read-source.ts";

/** Bounds on what is taken from a working directory unasked. */
const MAX_FILES = 1000;
const MAX_BYTES = 64 * 1024 * 1024;

export interface FileSelection {
  /** Path as `load_file` is given it → file on disk. */
  readonly files: ReadonlyMap<string, string>;
  /** Why something was left out; to be shown. */
  readonly warning?: string;
}

/** `flow` is the flow document as parsed data (any dialect, sub-flows included); `extra` are the values of `--file`. */
export async function selectFiles(
  flow: Json,
  workingDirectory: string,
  extra: readonly string[],
): Promise<FileSelection> {
  const files = new Map<string, string>();
  let warning: string | undefined;
  const wanted = loadFilePaths(flow);
  if (wanted.every((path) => path !== undefined)) {
    for (const path of wanted) await addNamed(files, path, workingDirectory);
  } else {
    warning = await addDirectory(files, workingDirectory);
  }
  for (const given of extra) {
    const { name, file } = await readFileFlag(given, workingDirectory);
    files.set(name, file);
  }
  return { files, ...(warning === undefined ? {} : { warning }) };
}

/** Puts the files into the orchestrator's blob store; path → blob id. */
export async function uploadFiles(
  files: ReadonlyMap<string, string>,
  client: ApiClient,
): Promise<Record<string, string>> {
  const manifest: [string, string][] = [];
  for (const [path, file] of files)
    manifest.push([path, await client.putFile(new Uint8Array(await readFile(file)), posix.basename(path))]);
  return Object.fromEntries(manifest);
}

/** One entry per step with a `load_file` component: its path where it is written out, else undefined. */
function loadFilePaths(value: Json): (string | undefined)[] {
  if (Array.isArray(value)) return value.flatMap(loadFilePaths);
  if (typeof value !== "object" || value === null) return [];
  const deeper = Object.values(value).flatMap(loadFilePaths);
  const { component, input } = value;
  if (typeof component !== "string" || !component.endsWith("/load_file")) return deeper;
  const path = typeof input === "object" && input !== null && !Array.isArray(input) ? input["path"] : undefined;
  return [typeof path === "string" ? path : undefined, ...deeper];
}

async function addNamed(files: Map<string, string>, path: string, workingDirectory: string): Promise<void> {
  const file = resolve(workingDirectory, path);
  // Outside the working directory only what the user names with --file; a missing file is the component's failure to tell.
  if (isAbsolute(path) || relative(workingDirectory, file).startsWith("..")) return;
  const info = await stat(file).catch(() => undefined);
  if (info?.isFile() === true) files.set(manifestPath(file, workingDirectory), file);
}

async function addDirectory(files: Map<string, string>, root: string): Promise<string | undefined> {
  const folders = [root];
  let bytes = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      if (!entry.isFile()) continue;
      bytes += (await stat(path)).size;
      if (files.size >= MAX_FILES || bytes > MAX_BYTES) {
        return `${shownPath(root)} holds more than ${MAX_FILES} files or ${MAX_BYTES / 2 ** 20} MiB: only the first ${files.size} can be read by load_file; name others with --file`;
      }
      files.set(manifestPath(path, root), path);
    }
  }
  return undefined;
}

/** `PATH`, or `NAME=PATH` where the flow names the file otherwise. */
async function readFileFlag(
  given: string,
  workingDirectory: string,
): Promise<{ readonly name: string; readonly file: string }> {
  const at = given.indexOf("=");
  const candidates = [
    { name: undefined, path: given },
    ...(at > 0 ? [{ name: given.slice(0, at), path: given.slice(at + 1) }] : []),
  ];
  for (const { name, path } of candidates) {
    const file = resolve(path);
    const info = await stat(file).catch(() => undefined);
    if (info?.isFile() === true) return { name: name ?? manifestPath(file, workingDirectory), file };
  }
  throw invalid(`--file ${given}: there is no such file`);
}

/** Relative to the working directory with `/`; files outside have their absolute path, without the leading slash. */
function manifestPath(file: string, workingDirectory: string): string {
  const path = relative(workingDirectory, file);
  const outside = path.startsWith("..") || isAbsolute(path);
  return (outside ? file : path).split(sep).join("/").replace(/^\/+/, "");
}
