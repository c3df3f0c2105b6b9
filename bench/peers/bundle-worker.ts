import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Bundles a Worker of `bench/workers/` into one module. */
export async function bundleWorker(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../workers/${file}`, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker"],
    external: ["cloudflare:*"],
    logLevel: "error",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild produced nothing for ${file}`);
  return output.text;
}
