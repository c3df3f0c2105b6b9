import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const demo = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

test("npm run demo: runs the examples to their expected results, says how to look at them, and ends with 0", async () => {
  const child = spawn(process.execPath, [demo], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const [output, complaints, status] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  expect({ status, complaints }).toEqual({ status: 0, complaints: "" });
  expect(output).toMatch(/fetch failed on attempt 1 of 2/);
  expect(output).toMatch(/# Declaration of Independence/);
  expect(output).toMatch(/5 runs, all with the expected results/);
  const ended = [...output.matchAll(/success in .* · run ([0-9a-f-]{36})$/gm)].map(([, runId]) => runId);
  const shown = [...output.matchAll(/npx stepflow runs get ([0-9a-f-]{36}) --steps/g)].map(([, runId]) => runId);
  expect(ended).toHaveLength(5);
  expect(shown).toEqual(ended);
});
