/** The benchmark's work as a Restate service: one invocation per run, one `ctx.run` per step. First argument: the HTTP worker's URL. */
import { assertNever } from "../../src/protocol/assert-never.ts";
import type { Work } from "../work.ts";
import { callCount } from "../workers/count-call.ts";
import { loadRestateSdk, type RestateContext } from "./restate-sdk.ts";

const workerUrl = process.argv[2] ?? "";
const sdk = await loadRestateSdk();

async function noops(ctx: RestateContext, steps: number): Promise<number> {
  for (let step = 0; step < steps; step++) await ctx.run(`step-${step}`, async () => {});
  return 0;
}

async function httpChain(ctx: RestateContext, steps: number): Promise<number> {
  let n = 0;
  for (let step = 0; step < steps; step++) {
    const input = n;
    n = await ctx.run(`step-${step}`, () => callCount(workerUrl, input, step));
  }
  return n;
}

async function fanOut(ctx: RestateContext, steps: number): Promise<number> {
  const calls = Array.from({ length: steps }, (_, step) =>
    ctx.run(`step-${step}`, () => callCount(workerUrl, step, step)),
  );
  return (await sdk.RestatePromise.all(calls)).reduce((sum, n) => sum + n, 0);
}

async function batch(ctx: RestateContext, items: number): Promise<number> {
  await sdk.RestatePromise.all(Array.from({ length: items }, (_, item) => ctx.run(`item-${item}`, async () => {})));
  return 0;
}

async function run(ctx: RestateContext, work: Work): Promise<number> {
  switch (work.kind) {
    case "chain":
      return work.step === "http" ? httpChain(ctx, work.steps) : noops(ctx, work.steps);
    case "fan_out":
      return fanOut(ctx, work.steps);
    case "one_step":
      return noops(ctx, 1);
    case "batch":
      return batch(ctx, work.items);
    default:
      return assertNever(work);
  }
}

const port = await sdk
  .endpoint()
  .bind(sdk.service({ name: "bench", handlers: { run } }))
  .listen(0);
console.log(JSON.stringify({ port }));
