/**
 * `node bench/profile.ts <chain-noop|chain-http|fan-out|one-step|batch> [seconds]`: repeats one kind of run on our Worker under
 * V8's sampling profiler (through workerd's inspector) and prints where the time of the isolate went, by function, self and
 * total. "(program)" is native code: SQLite, the event loop, sockets; "(idle)" is waiting.
 */

import { z } from "zod";
import { closeConnections, expectJson } from "./http-client.ts";
import { startHttpWorker } from "./http-worker.ts";
import { startOurs } from "./peers/ours.ts";
import { type CpuProfile, summarizeProfile } from "./profile-summary.ts";
import type { Work } from "./work.ts";

const WORKS: Readonly<Record<string, Work>> = {
  "chain-noop": { kind: "chain", step: "noop", steps: 100 },
  "chain-http": { kind: "chain", step: "http", steps: 100 },
  "fan-out": { kind: "fan_out", steps: 500 },
  "one-step": { kind: "one_step" },
  batch: { kind: "batch", items: 1_000 },
};
const WARM_UP_RUNS = 10;
const SAMPLING_US = 1_000;
const INSPECTOR_PORT = 9_329;
const TARGETS = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));

/** The few calls of the DevTools protocol that are needed here. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message: { readonly id?: number; readonly result?: unknown } = JSON.parse(String(data));
      if (message.id !== undefined) this.#waiting.get(message.id)?.resolve(message.result);
    });
  }

  static async connect(url: string): Promise<Inspector> {
    // Miniflare's proxy only lets known origins in; the option is undici's, beyond the standard.
    const socket = new WebSocket(url, { headers: { origin: "http://localhost" } });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no inspector at ${url}`)));
    await promise;
    return new Inspector(socket);
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return waiting.promise;
  }

  close(): void {
    this.#socket.close();
  }
}

const [name = "", seconds = "5"] = process.argv.slice(2);
const work = WORKS[name];
if (work === undefined) throw new Error(`give one of ${Object.keys(WORKS).join(", ")}, not "${name}"`);
const worker = await startHttpWorker();
const ours = await startOurs(worker.url, { inspectorPort: INSPECTOR_PORT });
try {
  await ours.prepare(work);
  for (let run = 0; run < WARM_UP_RUNS; run++) await ours.run(work);
  const { body: targets } = await expectJson(TARGETS, "GET", `http://127.0.0.1:${INSPECTOR_PORT}/json`);
  const target = targets.find(({ id }) => id.includes("bench")) ?? targets[0];
  if (target === undefined) throw new Error("workerd shows no inspector target");
  const inspector = await Inspector.connect(target.webSocketDebuggerUrl);
  await inspector.call("Profiler.enable");
  await inspector.call("Profiler.setSamplingInterval", { interval: SAMPLING_US });
  await inspector.call("Profiler.start");
  let runs = 0;
  for (const until = performance.now() + Number(seconds) * 1_000; performance.now() < until; runs++)
    await ours.run(work);
  const { profile } = z.object({ profile: z.custom<CpuProfile>() }).parse(await inspector.call("Profiler.stop"));
  inspector.close();
  console.log(`${runs} runs of ${name}\n${summarizeProfile(profile, runs)}`);
} finally {
  await Promise.allSettled([ours.stop(), worker.stop()]);
  closeConnections();
}
