/** Webhooks while the orchestrator is killed with SIGKILL: what was acknowledged exists, and nothing runs twice. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startEmbeddedRuntime } from "../../src/cli/runtime/embedded-runtime.ts";
import { childrenRunning } from "./child-process.ts";

const KILLS = 4;
const SENDERS = 8;
const flow = { steps: [{ id: "a", component: "/builtin/noop", input: { $input: "$" } }], output: { $step: "a" } };
const trigger = { type: "webhook", flow, signature: { scheme: "none" }, idempotencyKey: { $input: "$.body.key" } };
const configText = JSON.stringify({ plugins: { builtin: { type: "builtin" } }, triggers: { hook: trigger } });

interface Acknowledged {
  readonly runId: string;
  readonly deliveryId: string;
}

test(`TRIG-12 TRIG-13 L6 over ${KILLS} kills every acknowledged delivery has its run, and none has two`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "stepflow-hooks-"));
  const before = childrenRunning("workerd");
  const state = join(folder, "state");
  const orchestrator = await startEmbeddedRuntime({
    configText,
    serviceWorkers: [],
    stateDirectory: state,
    verbose: false,
  });
  try {
    const acknowledged = new Map<string, Acknowledged>();
    const changed: string[] = [];
    const stop = new AbortController();
    let lost = 0;
    /** As a sender does it: the same again until it is answered, and now and then once more. */
    const send = async (key: string): Promise<void> => {
      for (let attempt = 0; ; attempt++) {
        const answer = await deliver(orchestrator.url, key).catch(() => undefined);
        if (!answer) lost += 1;
        if (answer) {
          const known = acknowledged.get(key);
          if (known && JSON.stringify(known) !== JSON.stringify(answer)) changed.push(key);
          acknowledged.set(key, answer);
          if (attempt % 3 !== 1) return;
        }
      }
    };
    const sender = async (name: number): Promise<void> => {
      for (let at = 0; !stop.signal.aborted; at++) await send(`${name}-${at}`);
    };
    const sending = Array.from({ length: SENDERS }, (_, name) => sender(name));
    for (let kill = 0; kill < KILLS; kill++) {
      const count = acknowledged.size;
      await expect.poll(() => acknowledged.size, { timeout: 60_000, interval: 7 }).toBeGreaterThan(count + 20);
      const victims = childrenRunning("workerd").filter((pid) => !before.includes(pid));
      expect(victims.length).toBeGreaterThan(0);
      for (const pid of victims) process.kill(pid, "SIGKILL");
    }
    stop.abort();
    await Promise.all(sending);
    const missing: string[] = [];
    for (const [key, { runId }] of acknowledged) {
      const run = await fetch(`${orchestrator.url}/api/v1/runs/${runId}?wait=true&timeoutSecs=30`);
      const { status } = (await run.json()) as { status?: string };
      if (status !== "completed") missing.push(`${key}: ${run.status} ${status}`);
    }
    console.log(`webhooks: ${KILLS} kills, ${acknowledged.size} deliveries acknowledged, ${lost} answers lost`);
    expect({ missing, changed }).toEqual({ missing: [], changed: [] });
    expect(lost).toBeGreaterThan(0);
    expect(new Set([...acknowledged.values()].map(({ runId }) => runId)).size).toBe(acknowledged.size);
    await expect.poll(() => runCount(orchestrator.url), { timeout: 30_000 }).toBe(acknowledged.size);
  } finally {
    await orchestrator.release();
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);

async function deliver(url: string, key: string): Promise<Acknowledged | undefined> {
  const response = await fetch(`${url}/hooks/hook`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
  });
  return response.status === 202 ? ((await response.json()) as Acknowledged) : undefined;
}

/** Of all pages. */
async function runCount(url: string): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const next = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await fetch(`${url}/api/v1/runs?limit=1000&label=${encodeURIComponent("trigger:hook")}${next}`);
    const { runs, nextCursor } = (await page.json()) as { runs: object[]; nextCursor?: string };
    count += runs.length;
    cursor = nextCursor;
  } while (cursor !== undefined);
  return count;
}
