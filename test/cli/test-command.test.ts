import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { folderWith, stepflow } from "../support/stepflow-cli.ts";

const flow = (component: string, tests: string) => `# kept
name: test
description: A test.
steps:
- id: a
  component: ${component}
  input: { $input: $ }
output: { $step: a }
test:
${tests}`;

const passing = flow(
  "/builtin/noop",
  "  cases:\n  - name: same\n    input: {a: 1, b: 2}\n    output: {outcome: success, result: {a: 1}}\n  - name: only the outcome\n    input: 1\n    output: {outcome: success}\n  - name: nothing expected\n    input: 1\n",
);
const failing = flow(
  "/builtin/noop",
  "  cases:\n  - name: right\n    input: 1\n    output: {outcome: success, result: 1}\n  - name: wrong # stays\n    input: {list: [1, 2]}\n    output:\n      outcome: success\n      result:\n        list: [1, 3]\n",
);
const worker = `
import { createServer } from "node:http";
const answers = {
  initialize: () => ({ serverProtocolVersion: 1 }),
  "components/list": () => ({ components: [{ component: "/shout" }] }),
  "components/execute": ({ input }) => ({ output: { said: String(input.text).toUpperCase(), tag: process.env.TAG } }),
};
createServer(async (request, response) => {
  if (request.url === "/health") return response.end("{}");
  let text = "";
  for await (const chunk of request) text += chunk;
  const { id, method, params } = JSON.parse(text);
  if (id === undefined) return response.writeHead(202).end();
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ jsonrpc: "2.0", id, result: answers[method]?.(params) ?? {} }));
}).listen(Number(process.argv[2]), "127.0.0.1");
`;
const withServer = flow(
  "/shouter/shout",
  `  servers:
    shouter:
      command: node
      args: [worker.mjs, "{port}"]
      env: { TAG: "port {port}" }
      health_check: { path: /health }
  config:
    plugins:
      shouter: { type: stepflow, transport: http, url: "{shouter.url}" }
  cases:
  - name: over HTTP
    input: { text: hello }
    output: { outcome: success, result: { said: HELLO } }
`,
);

let cwd = "";
beforeAll(async () => {
  cwd = await folderWith({
    "good/a.yaml": passing,
    "good/deep/b.yml": passing,
    "good/notes.yaml": "- just\n- a list\n",
    "good/stepflow-config.yml": "plugins: {builtin: {type: builtin}}\n",
    "bad/fails.yaml": failing,
    "bad/broken.yaml": "schema: https://stepflow.org/schemas/v1/flow.json\nsteps: 1\n",
    "update.yaml": failing,
    "server/flow.yaml": withServer,
    "server/worker.mjs": worker,
    "server/dead.yaml": withServer.replace("worker.mjs", "missing.mjs"),
  });
});

describe("test", () => {
  test("folders are searched; 0 when all pass", async () => {
    const { code, stdout } = await stepflow(["test", "good"], { cwd });
    expect(stdout).toContain("good/a.yaml: 3/3 passed");
    expect(stdout).toContain("good/deep/b.yml: 3/3 passed");
    expect(stdout).toContain("good/notes.yaml: skipped (not a flow)");
    expect(stdout).toMatch(/=== Test Summary ===\n6 test\(s\) passed, 6\/6 in 2 file\(s\)/);
    expect(code).toBe(0);
  });

  test("failures say what differs; a document that means to be a flow fails; 1", async () => {
    const { code, stdout } = await stepflow(["test", "bad"], { cwd });
    expect(stdout).toContain("  ✓ right\n  ✗ wrong\n      $.result.list[1]\n        expected 3\n        actual   2\n");
    expect(stdout).toMatch(/✗ \(the document\)\n +bad\/broken\.yaml cannot run/);
    expect(stdout).toContain("2 test(s) failed");
    expect(code).toBe(1);
  });

  test("--diff shows lines, --case chooses", async () => {
    const { code, stdout } = await stepflow(["test", "bad/fails.yaml", "--diff", "--case", "wrong"], { cwd });
    expect(stdout).not.toContain("right");
    expect(stdout).toMatch(/-\s+- 3\n\s+\+\s+- 2\n/);
    expect(code).toBe(1);
    expect(await stepflow(["test", "bad/fails.yaml", "--case", "nobody"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no test case is called "nobody"'),
    });
  });

  test("--update writes what came, and the rest of the document stays", async () => {
    const before = await readFile(join(cwd, "update.yaml"), "utf8");
    await stepflow(["test", "update.yaml", "--update"], { cwd });
    const after = await readFile(join(cwd, "update.yaml"), "utf8");
    expect(after).toBe(before.replace("        list: [1, 3]\n", "        list:\n          - 1\n          - 2\n"));
  });

  test("test.servers: started, waited for, their addresses filled in; one that does not start fails the cases", async () => {
    const [alive, dead] = await Promise.all([
      stepflow(["test", "server/flow.yaml", "--diff"], { cwd }),
      stepflow(["test", "server/dead.yaml"], { cwd }),
    ]);
    expect(alive.stdout).toContain("  ✓ over HTTP\n");
    expect(dead.stdout).toMatch(
      /✗ over HTTP\n +the test server "shouter" \(node\) did not start: it ended with code 1\n[^]*Cannot find module/,
    );
    expect([alive.code, dead.code]).toEqual([0, 1]);
  });
});
