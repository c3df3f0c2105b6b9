import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { COMPATIBILITY_DATE, orchestratorBindings } from "../../src/cli/runtime/embedded-runtime.ts";

test("the embedded runtime has what wrangler.toml gives a deployment", async () => {
  const toml = await readFile(new URL("../../wrangler.toml", import.meta.url), "utf8");
  const all = (pattern: RegExp) => [...toml.matchAll(pattern)].map((match) => match.slice(1));
  const bindings = orchestratorBindings({ url: "http://127.0.0.1:1", configText: "{}", secret: "s" });

  expect(all(/^compatibility_date = "(.*)"$/gm)).toEqual([[COMPATIBILITY_DATE]]);
  expect(all(/\{ name = "(\w+)", class_name = "(\w+)" \}/g)).toEqual(
    Object.entries(bindings.durableObjects).map(([name, { className }]) => [name, className]),
  );
  expect(all(/\[\[r2_buckets\]\]\nbinding = "(\w+)"/g).flat()).toEqual(bindings.r2Buckets);
  expect(all(/\[\[d1_databases\]\]\nbinding = "(\w+)"/g).flat()).toEqual(bindings.d1Databases);
  expect(Object.keys(bindings.bindings)).toContain("PUBLIC_URL");
});
