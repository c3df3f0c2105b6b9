/**
 * One seed of runs in chunks: a generated flow whose maps and batches are cut from two items on, chunks of chunks included. Any
 * object may be lost at any moment; starts of chunks come late, twice or not at all, and so does the word of their end. Workers
 * always answer, so that only this is tested here.
 */
import { chunkRunId, chunkStart } from "../../src/core/run/chunk.ts";
import { isPaused } from "../../src/core/run/state.ts";
import type { Json } from "../../src/protocol/json.ts";
import { callsOf, MemoryChunks } from "../support/memory-chunks.ts";
import type { MemoryRun } from "../support/memory-run.ts";
import { comparable } from "./comparable.ts";
import { generateRun } from "./flow-generator.ts";
import { NaiveInterpreter } from "./naive-interpreter.ts";
import { Prng } from "./prng.ts";
import { payloadOf, signalName } from "./signal-world.ts";
import { check } from "./simulation-failure.ts";
import { workerVerdict } from "./worker-verdict.ts";

const MAX_HAPPENINGS = 20_000;

export interface PlayedChunks {
  /** Objects of chunks, and how often any object was lost. */
  readonly chunks: number;
  readonly losses: number;
}

export async function playChunks(seed: number): Promise<PlayedChunks> {
  const run = generateRun(new Prng(seed));
  const prng = new Prng(seed + 0x10000000);
  const { timeout: _, itemTimeout: __, ...flow } = run.flow;
  const limits = {
    from: prng.between(1, 2),
    items: prng.between(1, 2),
    characters: prng.pick([1, 1_000]),
    share: prng.between(1, 3),
  };
  const world = new MemoryChunks(JSON.stringify(flow), {
    inputs: run.inputs,
    ...(run.variables && { variables: run.variables }),
    maxConcurrency: run.maxConcurrency,
    largeCharacters: prng.pick([30, 1_000_000]),
    settings: { chunks: limits, eventsPerTurn: prng.pick([1, 7, 256]), maxResends: 1_000, transportMaxRetries: 2 },
  });
  const cancelAt = prng.chance(0.15) ? prng.between(0, 30) : undefined;
  const pauseAt = prng.chance(0.25) ? prng.between(0, 20) : undefined;
  const losses = await play(world, prng, { cap: run.maxConcurrency, cancelAt, pauseAt });
  checkEnded(world);
  if (world.parent.status === "cancelled") return { chunks: world.objects.size, losses };
  const interpreter = new NaiveInterpreter(
    (_task, retry, component, input) =>
      component === "/builtin/wait_for_event"
        ? { kind: "success", json: payloadOf(signalName(input)) }
        : workerVerdict(component, input, retry),
    { transportMaxRetries: 2 },
  );
  const wanted = interpreter.run(flow, run.inputs, run.variables ?? {}, "r");
  const texts = [wanted, world.resultsOf(world.parent)].map((results) =>
    JSON.stringify(comparable(results as unknown as Json)),
  );
  check(texts[0] === texts[1], () => `the results are wrong:\nfound  ${texts[1]}\nwanted ${texts[0]}`);
  return { chunks: world.objects.size, losses };
}

interface Meddling {
  readonly cap: number;
  /** Happenings after which the run is cancelled, or paused. */
  readonly cancelAt: number | undefined;
  readonly pauseAt: number | undefined;
}

/** Until nothing is left to do. Every step is one thing that happens somewhere; the order is the seed's. */
async function play(world: MemoryChunks, prng: Prng, { cap, cancelAt, pauseAt }: Meddling): Promise<number> {
  const unkind = prng.chance(0.8) ? prng.next() * 0.5 : 0;
  let losses = 0;
  /** Starts that are still on their way although their sender may be gone. */
  const late: (() => void)[] = [];
  for (let happenings = 0; ; happenings++) {
    check(happenings < MAX_HAPPENINGS, () => "the run goes round in circles");
    checkCap(world, cap);
    if (happenings === cancelAt) cancel(world);
    if (happenings === pauseAt) world.parent.post({ kind: "pause_run", by: "request" });
    if (losses < 12 && prng.chance(unkind / 2)) {
      losses += 1;
      const lost = prng.pick(world.all);
      // What it had asked for and was not done is gone with it.
      lost.chunks.length = 0;
      lost.aborted.length = 0;
      lost.childControls.length = 0;
      await lost.reload();
      continue;
    }
    const possible = [
      ...late.map((start, at) => () => {
        late.splice(at, 1);
        start();
      }),
      ...world.all.flatMap((object) => happeningsOf(world, object, prng, unkind, late)),
    ];
    if (possible.length > 0) {
      prng.pick(possible)();
      continue;
    }
    // Nothing goes on any more but timers: now is the time.
    if (world.parent.status === "running" && isPaused(world.parent.engine.tree)) {
      world.parent.post({ kind: "resume_run", by: "request" });
      continue;
    }
    const dueAt = Math.min(...world.all.map(({ dueAt }) => dueAt ?? Number.POSITIVE_INFINITY));
    if (!Number.isFinite(dueAt)) return losses;
    for (const object of world.all) object.advance(Math.max(0, dueAt - object.now));
  }
}

function happeningsOf(
  world: MemoryChunks,
  object: MemoryRun,
  prng: Prng,
  unkind: number,
  late: (() => void)[],
): (() => void)[] {
  const calls = callsOf(object).map((effect) => () => {
    const node = object.engine.tree.runs[effect.task.run];
    const component = node?.plan.steps[effect.task.step]?.step.component ?? "";
    const retry = Number(effect.call.idempotencyKey.split(":").at(-1));
    const verdict = workerVerdict(component, effect.call.input, retry);
    if (verdict.kind === "success") object.succeed(effect, verdict.json);
    else if (verdict.kind === "failed") object.settle(effect, verdict);
    else object.fail(effect, "TIMEOUT");
  });
  const effects = object.chunks.map((effect) => () => {
    object.chunks.splice(object.chunks.indexOf(effect), 1);
    const { tree } = object.engine;
    const isActive = tree.runs[effect.run]?.chunks[effect.chunk]?.kind === "active";
    if (effect.intent !== "cancel" && isActive && prng.chance(unkind)) {
      // The start leaves, and its sender is lost before it arrives; the next life asks for it again.
      const start = chunkStart(tree, effect.run, effect.chunk);
      late.push(() => world.start(object, effect.run, start));
      object.chunks.push({ ...effect, intent: "follow" });
      return;
    }
    world.tend(object, effect);
    if (prng.chance(unkind)) world.tend(object, effect);
  });
  const ends = world.endedChunks(object).map((command) => () => {
    object.post(command);
    if (prng.chance(unkind)) object.post(command);
  });
  // By the id of the object's own run: one above does not reach what waits here.
  const signals = [...object.engine.tree.waits.keys()].map((name) => () => {
    const value = { kind: "inline", json: payloadOf(name) } as const;
    object.post({ kind: "signal_run", run: 0, name, value });
  });
  // One after the other, as they were asked for.
  const [control] = object.childControls;
  const controls = control === undefined ? [] : [() => passOn(world, object, control)];
  return [...calls, ...effects, ...ends, ...signals, ...controls];
}

function passOn(world: MemoryChunks, from: MemoryRun, control: string): void {
  from.childControls.shift();
  const [action = "", runId = ""] = control.split(" ");
  if (action === "cancel") return;
  world.objects.get(runId)?.post({ kind: action === "pause" ? "pause_run" : "resume_run", by: "parent" });
}

function cancel({ parent }: MemoryChunks): void {
  parent.post({ kind: "cancel_run", run: 0 });
  for (const { ordinal, status, chunks } of parent.engine.tree.runs) {
    if (status === "running") continue;
    for (const [chunk, { kind }] of chunks.entries())
      check(
        kind !== "active" || parent.chunks.some((told) => told.run === ordinal && told.chunk === chunk),
        () => `nobody tells chunk ${chunk} that its run was cancelled`,
      );
  }
}

function checkEnded(world: MemoryChunks): void {
  for (const object of world.all) {
    for (const { status, chunks } of object.engine.tree.runs) {
      check(status !== "running", () => "a run has not ended");
      check(!chunks.some(({ kind }) => kind === "active"), () => "a chunk has not ended");
    }
    check(object.engine.tree.reserved === 0, () => "a share was not given back");
  }
}

/** Over the whole tree: what is left of the cap in an object is what nobody below has. */
function checkCap(world: MemoryChunks, cap: number): void {
  for (const { engine } of world.all) {
    const { calling, reserved, root } = engine.tree;
    check(reserved >= 0, () => "more places were given back than were taken");
    check(
      calling + reserved <= (root?.maxConcurrency ?? 0),
      () => `${calling} calls and ${reserved} places exceed the cap`,
    );
  }
  for (const { engine } of world.all) {
    for (const { ordinal, maxFailures, chunks } of engine.tree.runs)
      for (const chunk of chunks.keys()) {
        const own = world.objects.get(chunkRunId(engine.tree, ordinal, chunk))?.engine.tree.runs[0]?.maxFailures;
        check(own === undefined || own <= (maxFailures ?? own), () => "a chunk tolerates more than its run");
      }
  }
  const wanted = world.all.filter((object) => isWanted(world, object));
  const under = wanted.reduce((sum, { engine }) => sum + engine.tree.calling, 0);
  check(under <= cap, () => `${under} calls are under way over all objects, more than ${cap}`);
}

/** No run above it has ended: else it is about to be told to stop. */
function isWanted(world: MemoryChunks, object: MemoryRun): boolean {
  const { parent } = object.engine.tree.root ?? {};
  if (!parent) return true;
  const above = world.all.find(
    ({ engine }) => engine.tree.root && parent.runId.startsWith(engine.tree.root.runId.slice(0, -6)),
  );
  const node = above?.engine.tree.runs[Number.parseInt(parent.runId.slice(-6), 16)];
  return above !== undefined && node?.status === "running" && isWanted(world, above);
}
