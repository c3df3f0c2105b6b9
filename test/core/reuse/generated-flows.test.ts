import { expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";
import { comparable } from "../../simulation/comparable.ts";
import { generateRun } from "../../simulation/flow-generator.ts";
import { Prng } from "../../simulation/prng.ts";
import { workerVerdict } from "../../simulation/worker-verdict.ts";
import { deriveRun } from "../../support/derive-run.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const SEEDS = 200;

/** Answers up to `most` calls, as the simulated worker does; those it leaves without a reply time out. */
function work(run: MemoryRun, most = Number.POSITIVE_INFINITY): void {
  for (let done = 0; done < most && run.status === "running"; done++) {
    const [next] = run.calls;
    if (!next) {
      if (run.dueAt === undefined) return;
      run.advance(Math.max(1, run.dueAt - run.now));
      continue;
    }
    const node = run.engine.tree.runs[next.task.run];
    const component = node?.plan.steps[next.task.step]?.step.component ?? "";
    const verdict = workerVerdict(component, next.call.input, Number(next.call.idempotencyKey.split(":").at(-1)));
    if (verdict.kind === "hang") run.fail(next, "TIMEOUT", "no reply");
    else if (verdict.kind === "failed") run.settle(next, verdict);
    else run.succeed(next, verdict.json);
  }
}

function taskOf(event: { readonly item: number; readonly step: number; readonly element?: number }): string {
  return `${event.item}/${event.step}/${event.element ?? ""}`;
}

/** Without ids of runs, which differ. */
function told(run: MemoryRun): Json {
  const runId = run.engine.tree.root?.runId.slice(0, -6) ?? "";
  return comparable(JSON.parse(JSON.stringify(run.results()).replaceAll(runId, "run")));
}

it("RUN-116 RUN-117 over generated flows a retry, rerun or fork comes to what the run comes to, and never executes what it took over", () => {
  let taken = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const prng = new Prng(seed + 0x10000000);
    const { flow, inputs, variables, isBounded } = generateRun(new Prng(seed));
    // Which items of a run that is given up had ended hangs on time.
    if (isBounded || /tolerated|maxFail/i.test(JSON.stringify(flow))) continue;
    const options = { inputs, ...(variables && { variables }) };
    const whole = MemoryRun.start(JSON.stringify(flow), options);
    work(whole);
    const source = MemoryRun.start(JSON.stringify(flow), options);
    work(source, prng.between(0, 30));
    if (prng.chance(0.5)) source.post({ kind: "cancel_run", run: 0 });
    const kind =
      source.status === "failed" || source.status === "cancelled" ? prng.pick(["retry", "fork"] as const) : "fork";
    const ids = ((flow["steps"] ?? []) as JsonObject[]).flatMap(({ id }) => (typeof id === "string" ? [id] : []));
    const from = kind === "fork" && ids.length > 0 && prng.chance(0.5) ? [prng.pick(ids)] : [];
    const derived = deriveRun(source, { kind, from });
    work(derived);
    expect([seed, derived.status, told(derived)]).toEqual([seed, whole.status, told(whole)]);
    const reused = new Set<string>();
    for (const { event } of derived.entries) {
      if (event.kind === "step_completed" && event.reused) reused.add(taskOf(event));
      const started = event.kind === "step_started" || event.kind === "step_waiting";
      if (started && event.run === 0 && !event.undo)
        expect([seed, reused.has(taskOf(event)), reused.has(`${event.item}/${event.step}/`)]).toEqual([
          seed,
          false,
          false,
        ]);
    }
    taken += reused.size;
  }
  expect(taken).toBeGreaterThan(SEEDS);
});
