/**
 * The floor: a Durable Object that does the work of the benchmark durably and nothing else. Per step it calls the worker
 * (or nothing) and inserts one row, and does not go on before that row is committed. It has no DAG, no recovery, no retry.
 */
import { DurableObject } from "cloudflare:workers";
import { assertNever } from "../../src/protocol/assert-never.ts";
import type { Work } from "../work.ts";
import { callCount } from "./count-call.ts";

interface Env {
  readonly BARE: DurableObjectNamespace<BareObject>;
  readonly WORKER_URL: string;
}

export class BareObject extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS steps (id INTEGER PRIMARY KEY, output TEXT NOT NULL)");
  }

  async run(work: Work): Promise<number> {
    switch (work.kind) {
      case "chain":
        return work.step === "http" ? this.httpChain(work.steps) : this.noops(work.steps);
      case "fan_out":
        return this.fanOut(work.steps);
      case "one_step":
        this.insert(0);
        return 0;
      case "batch":
        return this.noops(work.items);
      default:
        return assertNever(work);
    }
  }

  count(): number {
    return this.ctx.storage.sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM steps").one().count;
  }

  private async noops(steps: number): Promise<number> {
    for (let step = 0; step < steps; step++) {
      this.insert(0);
      await this.ctx.storage.sync();
    }
    return 0;
  }

  private async httpChain(steps: number): Promise<number> {
    let n = 0;
    for (let step = 0; step < steps; step++) {
      // The output gate holds this request until the row of the step before is committed.
      n = await callCount(this.env.WORKER_URL, n, step);
      this.insert(n);
    }
    return n;
  }

  private async fanOut(steps: number): Promise<number> {
    const outputs = await Promise.all(
      Array.from({ length: steps }, async (_, step) => {
        const n = await callCount(this.env.WORKER_URL, step, step);
        this.insert(n);
        return n;
      }),
    );
    return outputs.reduce((sum, n) => sum + n, 0);
  }

  private insert(output: number): void {
    this.ctx.storage.sql.exec("INSERT INTO steps (output) VALUES (?)", JSON.stringify({ n: output }));
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const runId = new URL(request.url).searchParams.get("run") ?? crypto.randomUUID();
    const object = env.BARE.getByName(runId);
    if (request.method === "GET") return Response.json({ steps: await object.count() });
    return Response.json({ runId, total: await object.run(await request.json<Work>()) });
  },
};
