import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith, startStepflow, stepflow, waitForText } from "../support/stepflow-cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(`${root}README.md`, "utf8");
const scripts: Record<string, string> = JSON.parse(readFileSync(`${root}package.json`, "utf8")).scripts;

/** Shell commands of the README, continued lines joined, comments dropped. */
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block]) => (block ?? "").replaceAll(/\\\n\s*/g, "").split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line !== "");

/** Splits a line as a shell would, for what the README uses: words and single quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

const local = commands.filter((line) => line.startsWith("npx stepflow ") && !line.includes(" serve "));
const cli = local.filter((line) => !line.includes(" --url "));
const triggering = commands.filter((line) => /^npx stepflow triggers |\/hooks\//.test(line));
const remote = local.filter((line) => line.includes(" --url ") && !triggering.includes(line));
const requests = commands.filter((line) => line.startsWith("curl ") && !triggering.includes(line));
/** Whole documents: what is headed by the name of a file. */
const documents = Object.fromEntries(
  [...readme.matchAll(/```yaml\n# ([\w-]+\.yaml)\n([\s\S]*?)```/g)].map(([, name, text]) => [name ?? "", text ?? ""]),
);

describe("README", () => {
  it("has only commands that this test knows how to run", () => {
    expect(commands.filter((line) => !/^(?:npx stepflow |curl |npm ci && npm (?:test|run demo)$)/.test(line))).toEqual(
      [],
    );
    expect(cli.length).toBeGreaterThan(3);
    expect(requests.length).toBeGreaterThan(1);
  });

  it("names only npm scripts that exist", () => {
    const named = [...readme.matchAll(/npm (?:run )?(start|test|demo|check|bench|simulate|build)\b/g)].map(
      ([, name]) => name ?? "",
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(cli)("`%s` ends with status 0", async (line) => {
    const result = await stepflow(words(line).slice(2), { cwd: root });
    expect(result).toMatchObject({ code: 0 });
  });

  it("shows a fault as `validate` shows it", async () => {
    const shown = /```text\n(fatal: [\s\S]*?)\n```/.exec(readme)?.[1] ?? "";
    const cwd = await folderWith({
      "flow.yaml":
        "name: x\nsteps:\n  - id: b\n    component: /builtin/noop\n    input: { $step: a }\noutput: { $step: b }\n",
    });
    const result = await stepflow(["validate", "flow.yaml"], { cwd });
    expect(result.code).toBe(2);
    expect(result.stdout).toContain(shown);
  });

  describe("over HTTP", () => {
    let server: ChildProcess;
    let url = "";
    let waitingRunId = "";
    beforeAll(async () => {
      const line = commands.find((command) => command.includes(" serve ")) ?? "";
      const args = words(line)
        .slice(2)
        .map((word) => (/^\d+$/.test(word) ? "0" : word));
      server = startStepflow([...args, "--state", `${await folderWith({})}/state`], { cwd: root });
      if (!server.stdout) throw new Error("the server has no standard output");
      const [, port] = await waitForText(server.stdout, /"port":\s*(\d+)/);
      url = `http://127.0.0.1:${port}`;
      const flow = {
        steps: [{ id: "w", component: "/builtin/wait_for_event", input: { name: "paid" } }],
        output: { $step: "w" },
      };
      const headers = { "content-type": "application/json" };
      const submitted = await fetch(`${url}/api/v1/runs`, {
        method: "POST",
        headers,
        body: JSON.stringify({ flow, input: {} }),
      });
      waitingRunId = JSON.parse(await submitted.text()).runId;
    });
    afterAll(async () => {
      server.kill();
      await once(server, "exit");
    });

    it.each(remote)("`%s` ends with status 0", async (line) => {
      const args = words(line.replace("http://127.0.0.1:7840", url).replace("RUN_ID", waitingRunId)).slice(2);
      expect(await stepflow(args, { cwd: root })).toMatchObject({ code: 0 });
    });

    it("starts runs by the triggers it shows", async () => {
      const cwd = await folderWith(documents);
      let deliveryId = "";
      for (const line of triggering) {
        const parts = words(line.replace("http://127.0.0.1:7840", url).replace("DELIVERY_ID", deliveryId));
        if (line.startsWith("npx ")) {
          expect(await stepflow(parts.slice(2), { cwd }), line).toMatchObject({ code: 0 });
          continue;
        }
        const given = parts.flatMap((part, at): [string, string][] => {
          const [, name, value] = /^(\S+): (.*)$/.exec(part) ?? [];
          return parts[at - 1] === "-H" && name && value ? [[name, value]] : [];
        });
        const body = parts[parts.indexOf("-d") + 1] ?? "";
        const response = await fetch(parts.find((part) => part.startsWith("http")) ?? "", {
          method: "POST",
          headers: given,
          body,
        });
        const answer = JSON.parse(await response.text());
        expect([response.status, answer]).toEqual([202, { runId: expect.any(String), deliveryId: expect.any(String) }]);
        const run = await fetch(`${url}/api/v1/runs/${answer.runId}?wait=true`);
        expect(JSON.parse(await run.text())).toMatchObject({ status: "completed", outcome: "success" });
        deliveryId = answer.deliveryId;
      }
      expect(deliveryId).not.toBe("");
    });

    it("answers the requests it shows", async () => {
      let runId = "";
      for (const line of requests) {
        const parts = words(line);
        const target = (parts.find((part) => part.startsWith("http")) ?? "")
          .replace("http://127.0.0.1:7840", url)
          .replace("RUN_ID", runId);
        const body = parts[parts.indexOf("-d") + 1];
        const response = await fetch(
          target,
          parts.includes("-d") && body ? { method: "POST", headers: { "content-type": "application/json" }, body } : {},
        );
        expect(response.status).toBe(200);
        const text = await response.text();
        if (runId === "") {
          const run = JSON.parse(text);
          expect(run).toMatchObject({ status: "completed", results: [{ result: { outcome: "success", result: 1 } }] });
          runId = run.runId;
        } else {
          expect(text).toContain('"type":"run_completed"');
        }
      }
    });
  });
});
