import { WorkerEntrypoint } from "cloudflare:workers";
import type { Worker } from "./worker.ts";

export interface EntrypointClass {
  new (ctx: ExecutionContext, env: Cloudflare.Env): WorkerEntrypoint;
}

/**
 * A class to export from a Cloudflare Worker, so that a service binding with that `entrypoint` reaches this worker's components:
 * `export class Text extends workerEntrypoint(worker) {}`. Several such classes can live in one script. Components reach the
 * bindings through `import { env } from "cloudflare:workers"`.
 */
export function workerEntrypoint(worker: Pick<Worker, "fetch">): EntrypointClass {
  return class extends WorkerEntrypoint {
    override fetch(request: Request): Promise<Response> {
      return worker.fetch(request, this.env, this.ctx);
    }
  };
}
