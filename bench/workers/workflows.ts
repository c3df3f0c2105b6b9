/**
 * The benchmark's work as a Cloudflare Workflow: one instance per run, one `step.do` per step. Workflows has no call that
 * waits for the end, and asking for the status takes turns from the engine that is being measured. So the last thing a run
 * does is to tell an object without storage, on which the caller waits.
 */
import { DurableObject, WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { assertNever } from "../../src/protocol/assert-never.ts";
import type { Work } from "../work.ts";
import { callCount } from "./count-call.ts";

interface Env {
  readonly BENCH: Workflow<Work>;
  readonly FINISH: DurableObjectNamespace<FinishObject>;
  readonly WORKER_URL: string;
}

/** What the local runtime adds to an instance's status; it is how the benchmark counts the steps that were done. */
interface LocalStatus extends InstanceStatus {
  readonly __LOCAL_DEV_STEP_OUTPUTS?: readonly unknown[];
}

export class BenchWorkflow extends WorkflowEntrypoint<Env, Work> {
  override async run(event: Readonly<WorkflowEvent<Work>>, step: WorkflowStep): Promise<number> {
    const total = await this.total(event.payload, step);
    await this.env.FINISH.getByName("all").finished(event.instanceId, total);
    return total;
  }

  private async total(work: Work, step: WorkflowStep): Promise<number> {
    switch (work.kind) {
      case "chain":
        return work.step === "http" ? this.httpChain(step, work.steps) : this.noops(step, work.steps);
      case "fan_out":
        return this.fanOut(step, work.steps);
      case "one_step":
        return this.noops(step, 1);
      case "batch":
        return this.batch(step, work.items);
      default:
        return assertNever(work);
    }
  }

  private async noops(step: WorkflowStep, steps: number): Promise<number> {
    for (let index = 0; index < steps; index++) await step.do(`step-${index}`, async () => {});
    return 0;
  }

  private async httpChain(step: WorkflowStep, steps: number): Promise<number> {
    let n = 0;
    for (let index = 0; index < steps; index++) {
      const input = n;
      n = await step.do(`step-${index}`, () => callCount(this.env.WORKER_URL, input, index));
    }
    return n;
  }

  private async fanOut(step: WorkflowStep, steps: number): Promise<number> {
    const outputs = await Promise.all(
      Array.from({ length: steps }, (_, index) =>
        step.do(`step-${index}`, () => callCount(this.env.WORKER_URL, index, index)),
      ),
    );
    return outputs.reduce((sum, n) => sum + n, 0);
  }

  private async batch(step: WorkflowStep, items: number): Promise<number> {
    await Promise.all(Array.from({ length: items }, (_, index) => step.do(`item-${index}`, async () => {})));
    return 0;
  }
}

/** Where callers wait for the end of their run. Only in memory. */
export class FinishObject extends DurableObject<Env> {
  private readonly runs = new Map<string, PromiseWithResolvers<number>>();

  async waitFor(runId: string): Promise<number> {
    const total = await this.of(runId).promise;
    this.runs.delete(runId);
    return total;
  }

  finished(runId: string, total: number): void {
    this.of(runId).resolve(total);
  }

  private of(runId: string): PromiseWithResolvers<number> {
    const known = this.runs.get(runId) ?? Promise.withResolvers<number>();
    this.runs.set(runId, known);
    return known;
  }
}

async function runToEnd(env: Env, work: Work): Promise<Response> {
  const instance = await env.BENCH.create({ params: work });
  const total = await env.FINISH.getByName("all").waitFor(instance.id);
  return Response.json({ runId: instance.id, total });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const runId = new URL(request.url).searchParams.get("run");
    if (runId === null) return runToEnd(env, await request.json<Work>());
    const status: LocalStatus = await (await env.BENCH.get(runId)).status();
    return Response.json({ status: status.status, steps: status.__LOCAL_DEV_STEP_OUTPUTS?.length ?? 0 });
  },
};
