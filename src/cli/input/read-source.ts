import { readFile } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { invalid, reasonOf } from "../exit-code.ts";
import type { SourceText } from "../report/render-diagnostics.ts";

/** A text file (UTF-8) of the user; what cannot be read is refused with `what` it was wanted for (exit 2). */
export async function readSource(path: string, what: string): Promise<SourceText> {
  const name = shownPath(path);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw invalid(`cannot read the ${what} ${name}: ${reason(error)}`);
  }
  try {
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    throw invalid(`cannot read the ${what} ${name}: it is not UTF-8 text`, "save it as UTF-8");
  }
}

/** As a user would type it: relative to the current folder when that is shorter. */
export function shownPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const short = relative(process.cwd(), path);
  return short !== "" && !short.startsWith("../..") ? short : path;
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "no permission to read it",
    EISDIR: "it is a folder",
  };
  return known[code] ?? reasonOf(error);
}
