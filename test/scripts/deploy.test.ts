import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("npm run deploy: wrangler bundles the Worker with every binding that it reads, without an account", async () => {
  const scripts = JSON.parse(await readFile(join(root, "package.json"), "utf8")).scripts;
  expect(scripts["deploy"]).toBe("wrangler deploy");
  const outdir = await mkdtemp(join(tmpdir(), "deploy-"));
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [wrangler, "deploy", "--dry-run", "--outdir", outdir],
    { cwd: root, env: { ...process.env, WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" } },
  );
  const source = await readFile(join(root, "src/index.ts"), "utf8");
  const env = /export interface Env \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? "";
  const needed = [...env.matchAll(/readonly (\w+): /g)].map(([, name]) => name ?? "");
  expect(needed).toContain("RUNS");
  for (const name of needed) expect(stdout).toContain(`env.${name} `);
  expect(await readdir(outdir)).toContain("index.js");
  await rm(outdir, { recursive: true });
});
