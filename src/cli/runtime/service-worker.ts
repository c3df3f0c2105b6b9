/** Component workers that run beside the orchestrator and are reached by service binding. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type * as Esbuild from "esbuild";
import { CommandFailure, invalid, reasonOf } from "../exit-code.ts";

/** One worker, ready for the runtime. */
export interface ServiceWorker {
  /** The binding that the configuration's plugin names. */
  readonly binding: string;
  /** Its name in the runtime. */
  readonly name: string;
  /** One ES module without imports but `cloudflare:*` and `node:*`. */
  readonly code: string;
}

/** Where a worker's script lies. */
export interface ServiceWorkerSource {
  readonly binding: string;
  /** A `.ts` or `.js` file, or a folder with `src/index.ts` (or `index.ts`, `index.js`). */
  readonly path: string;
}

/** `NAME=path`, as `--worker` takes it; the path is seen from the current folder. */
export function parseWorkerFlag(text: string): ServiceWorkerSource {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) {
    throw invalid(`--worker ${text}: expected NAME=path`, "for example --worker TEXT=workers/text/src/index.ts");
  }
  return { binding: text.slice(0, at), path: resolve(text.slice(at + 1)) };
}

/** Reads and, with esbuild where it is installed, bundles the worker's script. */
export async function loadServiceWorker(source: ServiceWorkerSource): Promise<ServiceWorker> {
  const entry = entryPoint(source);
  const name = `worker-${source.binding.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const code = (await bundle(entry)) ?? (await readPlain(entry));
  return { binding: source.binding, name, code };
}

function entryPoint({ binding, path }: ServiceWorkerSource): string {
  const shown = relative(process.cwd(), path) || path;
  if (!existsSync(path)) {
    throw invalid(
      `the worker for the binding ${binding} is missing: ${shown}`,
      "give its script with --worker NAME=path",
    );
  }
  if (!statSync(path).isDirectory()) return path;
  const found = ["src/index.ts", "index.ts", "src/index.js", "index.js"]
    .map((name) => join(path, name))
    .find((file) => existsSync(file));
  if (found === undefined) {
    throw invalid(
      `the folder ${shown} of the worker for the binding ${binding} has no src/index.ts`,
      "name the script itself",
    );
  }
  return found;
}

/** Undefined where esbuild is not installed. */
async function bundle(entry: string): Promise<string | undefined> {
  let esbuild: typeof Esbuild;
  try {
    esbuild = await import("esbuild");
  } catch {
    return undefined;
  }
  try {
    const result = await esbuild.build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["node:*", "cloudflare:*"],
      logLevel: "silent",
    });
    return result.outputFiles[0]?.text ?? "";
  } catch (error) {
    throw new CommandFailure(`the worker ${relative(process.cwd(), entry)} does not compile: ${reasonOf(error)}`, {
      exitCode: 2,
    });
  }
}

async function readPlain(entry: string): Promise<string> {
  if (/\.tsx?$/.test(entry)) {
    throw invalid(
      `${relative(process.cwd(), entry)} is TypeScript, and esbuild is not installed here to compile it`,
      "run: npm install --save-dev esbuild, or give a bundled .js file",
    );
  }
  return readFile(entry, "utf8");
}
