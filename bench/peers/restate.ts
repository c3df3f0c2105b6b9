/**
 * Restate as its packages bring it: a real `restate-server` on a temporary directory and a Node process that serves the
 * handlers (`processes/restate-service.ts`) over HTTP/2. Owns both processes and the directory.
 */
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { z } from "zod";
import { killProcess, startNodeProcess, startProcess } from "../child-process.ts";
import { expectJson, requestJson } from "../http-client.ts";
import { assertTotal, type Peer } from "../peer.ts";
import { makeDirectory, removeDirectory } from "../temporary-directory.ts";
import { expectedTotal, stepCount } from "../work.ts";

const START_MS = 60_000;
const require = createRequire(import.meta.url);

interface RestateServer {
  readonly child: ChildProcess;
  readonly ingressUrl: string;
  readonly adminUrl: string;
}

/** A log line that tells where one of its servers listens. */
const LISTENING = z.object({ span: z.object({ "server.port": z.number(), server_name: z.string() }) });
const PACKAGE = z.object({ version: z.string() });
const SENT = z.object({ invocationId: z.string() });
const ROWS = z.object({ rows: z.tuple([z.object({ steps: z.number() })]) });

/** Starts the server on free ports, which it tells in its log, and resolves when ingress and admin listen. */
async function startServer(directory: string): Promise<RestateServer> {
  const binary = require.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
  const args = ["--no-logo", "--listen-mode", "tcp", "--use-random-ports", "true", "--bind-ip", "127.0.0.1"];
  const child = startProcess(
    binary,
    [...args, "--node-name", "bench", "--log-format", "json", "--base-dir", directory],
    {
      env: {
        ...process.env,
        RESTATE_DISABLE_TELEMETRY: "true",
      },
    },
  );
  if (child.stdout === null) throw new Error("restate-server without stdout");
  const ports = new Map<string, number>();
  const { promise, resolve, reject } = Promise.withResolvers<RestateServer>();
  const timer = setTimeout(() => reject(new Error(`restate-server did not listen in ${START_MS} ms`)), START_MS);
  child.once("exit", (code) => reject(new Error(`restate-server ended with ${String(code)}`)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const listening = parseListening(line);
    if (listening === undefined) return;
    ports.set(listening.server_name, listening["server.port"]);
    const ingress = ports.get("http-ingress-server");
    const admin = ports.get("admin-api-server");
    if (ingress === undefined || admin === undefined) return;
    resolve({ child, ingressUrl: `http://127.0.0.1:${ingress}`, adminUrl: `http://127.0.0.1:${admin}` });
  });
  return promise.finally(() => clearTimeout(timer));
}

function parseListening(line: string): z.infer<typeof LISTENING>["span"] | undefined {
  if (!line.includes('"server.port"')) return undefined;
  return LISTENING.safeParse(JSON.parse(line)).data?.span;
}

async function register(server: RestateServer, servicePort: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const body = { uri: `http://127.0.0.1:${servicePort}`, force: true };
    const { status, body: answer } = await requestJson("POST", `${server.adminUrl}/deployments`, body);
    if (status < 300) return;
    if (performance.now() > deadline) throw new Error(`restate refused the service: ${JSON.stringify(answer)}`);
  }
}

export async function startRestate(workerUrl: string): Promise<Peer> {
  const directory = makeDirectory();
  const service = await startNodeProcess(new URL("../processes/restate-service.ts", import.meta.url), [workerUrl], {
    RESTATE_LOGGING: "ERROR",
  });
  let server = await startServer(directory);
  await register(server, service.port);
  const { version } = PACKAGE.parse(require("@restatedev/restate-server/package.json"));
  return {
    name: "restate",
    label: `Restate ${version}`,
    prepare: () => Promise.resolve(),
    async run(work) {
      const reply = await expectJson(z.number(), "POST", `${server.ingressUrl}/bench/run`, work);
      assertTotal("restate", work, reply.body, expectedTotal(work));
      return { work, runId: String(reply.headers["x-restate-id"]) };
    },
    async verify({ work, runId }) {
      // A `ctx.run` is a command entry in the journal.
      const query = `SELECT COUNT(*) AS steps FROM sys_journal WHERE id = '${runId}' AND entry_type = 'Command: Run'`;
      const { rows } = (await expectJson(ROWS, "POST", `${server.adminUrl}/query`, { query })).body;
      assertTotal("restate", work, rows[0].steps, stepCount(work));
    },
    crash: {
      async begin(work) {
        const { body } = await expectJson(SENT, "POST", `${server.ingressUrl}/bench/run/send`, work);
        return body.invocationId;
      },
      async kill() {
        await killProcess(server.child);
        server = await startServer(directory);
      },
      async finish(work, runId) {
        const { body } = await expectJson(z.number(), "GET", `${server.ingressUrl}/restate/invocation/${runId}/attach`);
        assertTotal("restate", work, body, expectedTotal(work));
      },
    },
    async stop() {
      await Promise.all([killProcess(server.child), killProcess(service.child)]);
      removeDirectory(directory);
    },
  };
}
