/**
 * Builds what is run and published: `dist/worker` (the orchestrator for workerd), `dist/cli` (the `stepflow` command) and
 * `dist/sdk` (the library, with its type declarations). The CLI runs the built Worker, so that a local run executes what is deployed. Exits 1 with esbuild's messages on an error.
 */
import { execFile } from "node:child_process";
import { chmod, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BuildOptions, build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "linked",
  logLevel: "warning",
  // A bundle with a hole in it must not leave the build.
  logOverride: { "import-is-undefined": "error" },
} satisfies BuildOptions;

const worker: BuildOptions = {
  ...shared,
  entryPoints: { index: "src/index.ts" },
  outdir: "dist/worker",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  external: ["node:*", "cloudflare:*"],
  loader: { ".yml": "text" },
};

const cli: BuildOptions = {
  ...shared,
  entryPoints: { main: "src/cli/main.ts" },
  outdir: "dist/cli",
  platform: "node",
  target: "node20",
  // Native programs and what must stay one copy with them; esbuild is used when it is installed.
  external: ["miniflare", "workerd", "esbuild"],
  // Some of the bundled packages are CommonJS and ask for Node's own modules with `require`.
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
};

const sdk: BuildOptions = {
  ...shared,
  entryPoints: { index: "src/sdk/index.ts", cloudflare: "src/sdk/cloudflare.ts", node: "src/sdk/node/index.ts" },
  outdir: "dist/sdk",
  platform: "neutral",
  target: "es2024",
  // One copy of each class, whichever entry it is imported by.
  splitting: true,
  chunkNames: "shared-[hash]",
  packages: "external",
  external: ["node:*", "cloudflare:*"],
};

/** The declarations of the library: of what runs anywhere, and of what needs Node. */
async function declareTypes(): Promise<void> {
  const compiler = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url));
  for (const project of ["src/sdk", "src/sdk/node"]) {
    await promisify(execFile)(compiler, ["-p", project], { cwd: root });
  }
}

/** `npm run build -- cli` builds that part alone. */
const parts: Readonly<Record<string, BuildOptions>> = { worker, cli, sdk };
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  console.error(`build: there is no part "${unknown}". Use: ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}
const chosen = asked.length === 0 ? Object.keys(parts) : asked;

const startedAt = performance.now();
// Names of shared chunks change with their content.
if (chosen.includes("sdk")) await rm(new URL("../dist/sdk", import.meta.url), { recursive: true, force: true });
try {
  await Promise.all([
    ...Object.entries(parts)
      .filter(([name]) => chosen.includes(name))
      .map(([, options]) => build(options)),
    ...(chosen.includes("sdk") ? [declareTypes()] : []),
  ]);
} catch (error) {
  // esbuild has printed what is wrong, and where; the compiler leaves it in its output.
  if (error instanceof Error && "stdout" in error) console.error(error.stdout);
  process.exit(1);
}
if (chosen.includes("cli")) await chmod(new URL("../dist/cli/main.js", import.meta.url), 0o755);
console.error(`built ${chosen.join(" and ")} in ${Math.round(performance.now() - startedAt)} ms`);
