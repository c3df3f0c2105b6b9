/**
 * The flows of the document on custom components, unmodified, with the tools worker in the place of its Python components: over
 * HTTP and over stdio, as a user runs them. The document lies beside the project; without it there is nothing to run.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { programPath, WorkerProcess } from "../../sdk/worker-process.ts";
import { folderWith, stepflow } from "../../support/stepflow-cli.ts";

const document = fileURLToPath(new URL("../../../../shared/seeds/custom-components.md", import.meta.url));
const isThere = existsSync(document);
const blocks = isThere
  ? [...readFileSync(document, "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? "")
  : [];
const flowNamed = (name: string) => blocks.find((text) => text.includes(`name: "${name}"`)) ?? "";
const STDIO_CONFIG = blocks.find((text) => text.includes("transport: stdio")) ?? "";
const HTTP_CONFIG = blocks.find((text) => text.includes("my_components_http:")) ?? "";

describe.runIf(isThere)("the flows of custom-components.md", () => {
  let worker: WorkerProcess;
  let website: Server;
  let cwd: string;

  beforeAll(async () => {
    worker = await WorkerProcess.start(programPath("workers/tools/node.ts"));
    website = createServer((_, response) => response.end('{"title": "a post"}'));
    await new Promise<void>((resolve) => website.listen(0, "127.0.0.1", resolve));
    // The plugin as the document has it, at the port that was free, and a route from the name that the flows use.
    const plugins = HTTP_CONFIG.replace("http://localhost:8080", worker.url);
    cwd = await folderWith({
      "stepflow-config.yml": `${plugins}
routes:
  "/my_components/{component}":
    - plugin: my_components_http
  "/builtin/{component}":
    - plugin: builtin
`,
      "distributed-config.yml": `plugins:
  builtin: { type: builtin }
  processing_cluster: { type: stepflow, transport: http, url: "${worker.url}", timeout: 120 }
  monitoring: { type: stepflow, transport: http, url: "${worker.url}", timeout: 30 }
routes:
  "/processing/{component}": [{ plugin: processing_cluster }]
  "/monitoring/{component}": [{ plugin: monitoring }]
`,
      // As the document has it, but for the program: no routes, so that the plugin's name is the route.
      "stdio-config.yml": STDIO_CONFIG.replace("command: python", `command: ${process.execPath}`).replace(
        '["my_components.py"]',
        JSON.stringify([programPath("workers/tools/node.ts"), "--stdio"]),
      ),
      "demo.yaml": flowNamed("Custom Component Demo"),
      "integration.yaml": flowNamed("Custom Component Integration Test"),
      "distributed.yaml": flowNamed("Distributed Processing Workflow"),
    });
  });
  afterAll(async () => {
    website.close();
    expect(await worker.stop()).toBe(0);
  });

  test("the integration test passes its own case, blobs included", async () => {
    const { code, stdout, stderr } = await stepflow(["test", "integration.yaml"], { cwd });
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0 });
  });

  test("the integration test passes with a worker on stdio as well", async () => {
    const { code, stdout, stderr } = await stepflow(["test", "integration.yaml", "--config", "stdio-config.yml"], {
      cwd,
    });
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0 });
  });

  test("the demo fetches, changes and caches", async () => {
    const [example] = parse(flowNamed("Custom Component Demo")).test.cases;
    const api_url = `http://127.0.0.1:${(website.address() as AddressInfo).port}/posts/1`;
    const { code, stdout } = await stepflow(["run", "demo.yaml"], {
      cwd,
      stdin: JSON.stringify({ ...example.input, api_url }),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "success",
      result: {
        api_data: { success: true, status_code: 200, data: { title: "a post" }, attempts_made: 1 },
        processed_data: { processed_data: { name: "John Doe", email: "john@example.com", role: "Developer" } },
        cache_info: { cache_key: "processed_user_data", blob_id: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    });
    expect(code).toBe(0);
  });

  test("the distributed workflow passes its own case", async () => {
    const { code, stdout, stderr } = await stepflow(
      ["test", "distributed.yaml", "--config", "distributed-config.yml"],
      {
        cwd,
      },
    );
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0 });
  });
});

test.runIf(!isThere)(
  "there is no ../shared/seeds/custom-components.md beside the project, so its flows are not run",
  () => {
    expect(blocks).toEqual([]);
  },
);
