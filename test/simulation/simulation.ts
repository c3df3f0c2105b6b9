/**
 * One seed, from its flow to its verdict: generates a run and a world, lets them play, and compares what the run came to with
 * what the naive interpreter says. Throws `SimulationFailure`, or whatever the engine threw.
 */
import { canonicalFlowText, flowIdOf, parseFlow } from "../../src/core/flow/index.ts";
import type { Plan } from "../../src/core/plan/index.ts";
import { compilePlan } from "../../src/core/plan/index.ts";
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { TaskOutcome } from "../../src/core/ports/task-outcome.ts";
import type { AttemptCall } from "../../src/core/ports/transport.ts";
import type { Value } from "../../src/core/ports/value.ts";
import type { Command, Effect } from "../../src/core/run/command.ts";
import type { Decision } from "../../src/core/run/decide.ts";
import type { EngineSettings } from "../../src/core/run/engine.ts";
import { DEFAULT_SETTINGS } from "../../src/core/run/engine.ts";
import type { RunEvent, TaskAddress } from "../../src/core/run/event.ts";
import { newRootRunId } from "../../src/core/run/run-id.ts";
import { activeTask } from "../../src/core/run/state.ts";
import { stepAt } from "../../src/core/run/task.ts";
import { undoneSteps } from "../../src/core/run/undone-steps.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { Namespace, RunId } from "../../src/protocol/ids.ts";
import type { Json } from "../../src/protocol/json.ts";
import type { TaskError } from "../../src/protocol/task-error.ts";
import { checkBackoff } from "./backoff-check.ts";
import { CacheWorld } from "./cache-world.ts";
import { comparable } from "./comparable.ts";
import type { DerivedRun } from "./derived-run.ts";
import { EventQueue, START } from "./event-queue.ts";
import { checkEventStream } from "./event-stream-check.ts";
import type { FaultPlan, Limits, SingleFault } from "./fault-plan.ts";
import { generateFaultPlan, generateLimits } from "./fault-plan.ts";
import type { GeneratedRun } from "./flow-generator.ts";
import { generateRun } from "./flow-generator.ts";
import { generateHolds, type Hold } from "./holds.ts";
import { JournalInvariants } from "./journal-invariants.ts";
import { NaiveInterpreter } from "./naive-interpreter.ts";
import { Prng } from "./prng.ts";
import { ProgressCheck } from "./progress-check.ts";
import type { ScriptedSignal, SentSignal, SignalSender } from "./signal-world.ts";
import { answerWait, payloadOf, sendEarly, sendScripted, signalName } from "./signal-world.ts";
import type { SimulatedBlobs } from "./simulated-blobs.ts";
import type { ObjectWorld } from "./simulated-object.ts";
import { SimulatedObject } from "./simulated-object.ts";
import { check } from "./simulation-failure.ts";
import { addressKey, decidedRetries } from "./task-names.ts";
import type { Verdict } from "./worker-verdict.ts";
import { workerVerdict } from "./worker-verdict.ts";

/** What the transports make of a reply that breaks off. */
const CUT: TaskError = { code: "UNREACHABLE", message: "the reply broke off" };
/** Far more than any run needs: a world that goes on for longer goes round in circles. */
const MAX_HAPPENINGS = 20_000;

export interface SeedReport {
  readonly entries: readonly JournalEntry[];
  readonly run: GeneratedRun;
  readonly faults: FaultPlan;
}

/** What is played, and in which world. */
export interface Scenario {
  readonly run: GeneratedRun;
  readonly prng: Prng;
  readonly faults: FaultPlan;
  readonly limits: Limits;
  readonly holds: readonly Hold[];
  readonly transportMaxRetries: number;
  /** What the workers say. */
  readonly worker: typeof workerVerdict;
  /** Instead of whoever answers each wait. */
  readonly signals?: readonly ScriptedSignal[];
  readonly runId?: RunId;
  /** What the run takes over from an earlier one. */
  readonly derived?: DerivedRun;
}

/** The world has numbers of its own: with the faults turned off, the same seed has the same flow. */
export function scenarioOf(seed: number): Scenario {
  const prng = new Prng(seed + 0x40000000);
  return {
    run: generateRun(new Prng(seed)),
    prng,
    faults: generateFaultPlan(prng),
    limits: generateLimits(prng),
    holds: generateHolds(new Prng(seed + 0x20000000)),
    transportMaxRetries: prng.between(0, 3),
    worker: workerVerdict,
  };
}

export class Simulation implements ObjectWorld {
  readonly queue = new EventQueue();
  readonly prng: Prng;
  readonly faults: FaultPlan;
  readonly limits: Limits;
  readonly settings: EngineSettings;
  readonly #run: GeneratedRun;
  readonly #runId: RunId;
  readonly #derived: DerivedRun | undefined;
  readonly #worker: Scenario["worker"];
  readonly #object: SimulatedObject;
  readonly #invariants: JournalInvariants;
  /** What was decided about attempts that got no reply: `<task>#<retry>`. */
  readonly #unanswered = new Map<string, TaskError>();
  /** Likewise, of attempts that were not made: what the cache gave instead. */
  readonly #cached = new Map<string, Json>();
  readonly #cache = new CacheWorld();
  readonly #progress = new ProgressCheck();
  readonly #keys = new Map<string, { readonly key: string; readonly retry: number }>();
  /** Attempts that have left, each once. */
  readonly #departed = new Set<string>();
  readonly #holds: readonly Hold[];
  readonly #sender: SignalSender;
  readonly #signals: readonly ScriptedSignal[] | undefined;
  #time = START;
  /** What the object's clock shows beyond that. */
  #skew = 0;
  #started = false;

  constructor({ run, prng, faults, limits, holds, transportMaxRetries, worker, signals, runId, derived }: Scenario) {
    this.#run = run;
    this.#runId = runId ?? newRootRunId(START, new Uint8Array(10));
    this.#derived = derived;
    this.#signals = signals;
    this.prng = prng;
    this.faults = faults;
    this.limits = limits;
    this.#holds = holds;
    this.#worker = worker;
    this.settings = {
      ...DEFAULT_SETTINGS,
      callTimeoutMs: 20_000,
      transportMaxRetries,
      eventsPerTurn: this.limits.eventsPerTurn,
      maxResends: this.limits.maxResends,
    };
    this.#object = new SimulatedObject(this, derived?.blobs);
    this.#sender = { prng: this.prng, send: (...args) => this.#sendSignal(...args) };
    this.#invariants = new JournalInvariants(this.#object.planSource, {
      maxResends: this.limits.maxResends,
      resendWithinMs: resendWithinMs(faults),
      time: () => this.#time,
      hasBlob: (blob) => this.#object.blobs.has(blob),
    });
  }

  get report(): SeedReport {
    return { entries: this.#object.journal.read(0, MAX_HAPPENINGS, true), run: this.#run, faults: this.faults };
  }

  /** What another run may be derived from. */
  get source(): {
    readonly plan: Plan;
    readonly runId: RunId;
    readonly blobs: SimulatedBlobs;
    readonly undone: ReturnType<typeof undoneSteps>;
  } {
    const { tree } = this.#invariants;
    const { plan } = tree.runs[0] ?? {};
    check(plan !== undefined, () => "there is no run");
    return { plan, runId: this.#runId, blobs: this.#object.blobs, undone: undoneSteps(tree) };
  }

  /** Calls that left. */
  get calls(): number {
    return this.#departed.size;
  }

  /** Turns that wrote. */
  get writes(): number {
    return this.#object.writes;
  }

  now(): number {
    return this.#time + this.#skew;
  }

  time(): number {
    return this.#time;
  }

  pass(ms: number): void {
    this.#time += ms;
  }

  async play(): Promise<void> {
    const start = this.#startCommand();
    this.queue.plan(START, () => this.#start(start));
    if (this.#signals) sendScripted(this.#sender, this.#signals);
    else sendEarly(this.#sender);
    for (const afterMs of this.faults.cancelsAfterMs) this.queue.plan(START + afterMs, () => this.#cancel());
    for (let jumps = 0; jumps < this.faults.clockJumps; jumps++) this.#planClockJump();
    for (const { fromMs, forMs } of this.#holds) {
      const resume = () => this.#insist({ kind: "resume_run", by: "request" });
      const pause = () =>
        this.#insist({ kind: "pause_run", by: "request" }, () => this.queue.plan(this.#time + forMs, resume));
      this.queue.plan(START + fromMs, pause);
    }
    for (let happenings = 0; ; happenings++) {
      check(happenings < MAX_HAPPENINGS, () => "the run goes round in circles");
      const next = this.queue.next();
      if (!next) break;
      this.#time = Math.max(this.#time, next.at);
      await next.happen();
    }
    const { tree } = this.#invariants;
    check(this.#started && tree.root !== undefined, () => "the run that was acknowledged is not there");
    check(
      tree.runs.every(({ status }) => status !== "running"),
      () => "the run came to a stop without an end",
    );
    this.#invariants.stillThere(this.#object.journal.read(0, MAX_HAPPENINGS, true));
    await checkEventStream(this.#object.journal, tree, this.#object.blobs.asStore(), this.prng);
  }

  /** What the run came to, against the language itself. */
  judge(): void {
    const entries = this.#object.journal.read(0, MAX_HAPPENINGS, false);
    if (this.#run.isBounded || entries.some(({ event }) => event.kind === "cancel_requested")) return;
    const hanging: string[] = [];
    const interpreter = new NaiveInterpreter(
      (task, retry, component, input) => {
        const unanswered = this.#unanswered.get(`${task}#${retry}`);
        if (unanswered) return { kind: "failed", error: unanswered };
        const cached = this.#cached.get(`${task}#${retry}`);
        if (cached !== undefined) return { kind: "success", json: cached, cached: true };
        if (component === "/builtin/wait_for_event") return { kind: "success", json: payloadOf(signalName(input)) };
        const verdict = this.#worker(component, input, retry);
        if (verdict.kind === "hang") hanging.push(task);
        return verdict;
      },
      { transportMaxRetries: this.settings.transportMaxRetries, settled: this.#derived?.settled ?? new Map() },
    );
    const expected = interpreter.run(this.#run.flow, this.#run.inputs, this.#run.variables ?? {}, "r");
    const [wanted, found] = [expected, this.results()].map((results) => JSON.stringify(comparable(results as Json)));
    check(wanted === found, () => `the results are wrong:\nfound  ${found}\nwanted ${wanted}`);
    const certain = (task: string) => !interpreter.givenUp.some((run) => task.startsWith(`${run}/`));
    for (const task of hanging) check(!certain(task), () => `${task} got no reply and no timeout`);
    const [due, made] = [interpreter.attempts, this.#invariants.attempts].map((set) =>
      [...set].filter(certain).sort().join("\n"),
    );
    check(due === made, () => `the attempts are wrong:\nmade\n${made}\nwanted\n${due}`);
  }

  appended(entries: readonly JournalEntry[], command: Command, decision: Decision): void {
    this.#cache.checkEffects(this.#invariants.tree, decision.effects);
    for (const effect of decision.effects)
      if (effect.kind === "settle_cache" && effect.value) this.#cache.keep(effect.cache, effect.value, this.#time);
    for (const entry of entries) {
      if (entry.event.kind === "step_completed") this.#noteCached(entry.event, command);
      this.#progress.appended(entry);
      this.#noteUnanswered(entry, command, decision);
      checkBackoff(this.#invariants.tree, entry, command, this.settings);
      this.#invariants.appended(entry);
      if (entry.event.kind === "signal_awaited" && !this.#signals)
        answerWait(this.#sender, entry.event, this.#invariants.tree.runs.length);
    }
    if (this.#object.tree) this.#invariants.agreesWith(this.#object.tree);
    if (command.kind === "cancel_run") {
      const node = this.#invariants.tree.runs[command.run];
      check(node?.status !== "running" || node.stopping !== undefined, () => "a cancelled run is still running");
    }
  }

  reloaded(): void {
    this.#invariants.reloaded(this.#time);
  }

  /** An attempt leaves; its reply comes once, twice, late or never. */
  call({ task, call }: Extract<Effect, { kind: "call" }>): void {
    const { prng, faults } = this;
    const tree = this.#invariants.tree;
    for (let node = tree.runs[task.run]; node; node = node.parent && tree.runs[node.parent.task.run]) {
      check(node.status === "running", () => `${call.taskId} leaves after the end of its run`);
    }
    const active = activeTask(tree, task);
    check(active?.kind === "calling" && active.attempt === call.attempt, () => `${call.taskId} leaves unjournaled`);
    const retry = decidedRetries(active.tries);
    this.#checkKey(addressKey(task), call.idempotencyKey, retry);
    this.#cache.checkKey(tree, { kind: "call", task, call });
    this.#progress.called(task, call);
    const kept = call.cache && this.#cache.lookUp(call.cache, this.#time);
    const verdict = this.#worker(stepAt(tree, task).step.component, call.input, retry);
    const { attempt } = call;
    const fate = this.#singleFate();
    const departure = `${addressKey(task)}#${attempt}`;
    check(!this.#departed.has(departure), () => `${call.taskId} leaves twice as attempt ${attempt}`);
    this.#departed.add(departure);
    const handsOver = !kept && prng.chance(faults.handOver);
    if (handsOver) this.#handOver(task, call);
    if (!kept && prng.chance(faults.progress)) this.#tell(task, attempt);
    if (handsOver && prng.chance(0.3)) this.#signOfLife(task, attempt);
    if ((verdict.kind === "hang" && !kept) || fate === "drop_reply" || prng.chance(faults.dropReply)) return;
    if (!handsOver && prng.chance(faults.loseCall)) {
      this.#whileAwake(() => this.#loseCall(task, attempt));
      return;
    }
    const isCut = !handsOver && prng.chance(faults.cutReply);
    const outcome = this.#outcomeOf(verdict, kept, isCut);
    const settle: Command = { kind: "settle_attempt", task, attempt, outcome };
    if (call.cache && !kept && !handsOver && outcome.kind === "success")
      this.#cache.keep(call.cache, outcome.value, this.#time);
    const lateMs = fate === "late_reply" ? call.deadlineAt - this.now() + 500 : 0;
    const reply = () => (handsOver ? this.#report(settle, lateMs) : this.#reply(settle, lateMs));
    reply();
    if (fate === "duplicate_reply" || prng.chance(faults.duplicateReply)) reply();
  }

  /** On the connection that the call was made on; with luck it reaches a later life of the object. */
  #reply(settle: Command, lateMs: number): void {
    const { life } = this.#object;
    this.queue.plan(this.#time + this.#latency() + lateMs, async () => {
      if (life !== this.#object.life && !this.prng.chance(this.faults.replyOutlivesObject)) return;
      await this.#object.post(settle);
    });
  }

  /** By a request of the worker's own, which it repeats until it is answered. */
  #report(settle: Extract<Command, { kind: "settle_attempt" }>, lateMs: number): void {
    this.queue.plan(this.#time + this.#latency() + lateMs, () => this.#insist({ ...settle, digest: "d" }));
  }

  #handOver(task: TaskAddress, { attempt, cache }: AttemptCall): void {
    this.#whileAwake(async () => {
      const deadlineAt = this.now() + this.prng.between(1, 40) * 1_000;
      await this.#object.post({ kind: "hand_over_attempt", task, attempt, deadlineAt, ...(cache && { cache }) });
    });
  }

  /** Of its progress; it may come late, or after a later attempt has left. */
  #tell(task: TaskAddress, attempt: number): void {
    for (let word = this.prng.between(1, 2); word > 0; word--) {
      const progress = { progress: this.prng.between(0, 10) / 10, message: `attempt ${attempt}` };
      this.queue.plan(this.#time + this.prng.between(0, 2_000), async () => {
        await this.#object.post({ kind: "note_progress", task, attempt, progress });
      });
    }
  }

  /** A request of the worker's own: it reaches a later life of the object, and finds the attempt lost. */
  #signOfLife(task: TaskAddress, attempt: number): void {
    this.queue.plan(this.#time + this.prng.between(0, 5_000), async () => {
      const deadlineAt = this.now() + this.prng.between(1, 40) * 1_000;
      await this.#object.post({ kind: "hand_over_attempt", task, attempt, deadlineAt });
    });
  }

  async #loseCall(task: TaskAddress, attempt: number): Promise<void> {
    const active = activeTask(this.#invariants.tree, task);
    if (active?.kind === "calling" && active.attempt === attempt) this.#invariants.callLost(task, this.#time);
    await this.#object.post({ kind: "lose_attempt", task, attempt });
  }

  /** Something that comes back on a connection, and goes with the object that holds it. */
  #whileAwake(happen: () => Promise<void>): void {
    const { life } = this.#object;
    this.queue.plan(this.#time + this.#latency(), async () => {
      if (life === this.#object.life) await happen();
    });
  }

  #outcomeOf(verdict: Verdict, kept: Value | undefined, isCut: boolean): TaskOutcome {
    if (kept) return { kind: "success", value: kept, cached: true };
    if (isCut || verdict.kind === "hang") return { kind: "failed", error: CUT };
    return verdict.kind === "failed" ? verdict : { kind: "success", value: this.#value(verdict.json) };
  }

  #value(json: Json): Value {
    const isLarge = JSON.stringify(json).length > this.limits.blobCharacters;
    return isLarge ? this.#object.putBlob(json) : { kind: "inline", json };
  }

  #latency(): number {
    return this.prng.chance(this.faults.slowReply) ? this.prng.between(0, 25_000) : this.prng.between(0, 400);
  }

  /** The same for an attempt that is sent again, another one for each decided retry. */
  #checkKey(task: string, key: string, retry: number): void {
    const before = this.#keys.get(task);
    check(
      !before || (before.key === key) === (before.retry === retry),
      () => `idempotency key ${key} is wrong for retry ${retry}`,
    );
    this.#keys.set(task, { key, retry });
  }

  #noteCached(event: Extract<RunEvent, { kind: "step_completed" }>, command: Command): void {
    this.#cache.checkMark(event, command);
    if (!event.cached || command.kind !== "settle_attempt" || command.outcome.kind !== "success") return;
    const { value } = command.outcome;
    this.#cached.set(
      this.#attemptName(event),
      value.kind === "inline" ? value.json : (this.#object.blobs.read(value.blob)?.json ?? null),
    );
  }

  /** `<task>#<retry>` of what is under way. */
  #attemptName(task: TaskAddress): string {
    const { tree, names } = this.#invariants;
    const active = activeTask(tree, task);
    return `${names.of(tree, task)}#${active && "tries" in active ? decidedRetries(active.tries) : 0}`;
  }

  /** A call that settles without its reply has timed out, or was lost too often. */
  #noteUnanswered({ event, at }: JournalEntry, command: Command, decision: Decision): void {
    if (event.kind !== "attempt_failed" && event.kind !== "step_completed") return;
    const active = activeTask(this.#invariants.tree, event);
    const name = () => this.#attemptName(event);
    if (active?.kind === "awaiting" && !("from" in event && event.from !== undefined))
      this.#unanswered.set(name(), { code: "TIMEOUT", message: "no signal" });
    if (active?.kind !== "calling") return;
    const key = addressKey(event);
    if (command.kind === "settle_attempt" && addressKey(command.task) === key && command.attempt === active.attempt) {
      const { outcome } = command;
      if (outcome.kind === "failed" && outcome.error.message === CUT.message) this.#unanswered.set(name(), CUT);
      return;
    }
    const timedOut = decision.effects.some((effect) => effect.kind === "abort_call" && addressKey(effect.task) === key);
    check(!timedOut || at >= active.deadlineAt, () => `${key} timed out early`);
    if (timedOut) this.#invariants.timedOut(event, this.#time);
    this.#unanswered.set(name(), { code: timedOut ? "TIMEOUT" : "UNREACHABLE", message: "no reply" });
  }

  results(): FlowResult[] {
    const node = this.#invariants.tree.runs[0];
    return Array.from({ length: node?.itemCount ?? 0 }, (_, index) => {
      const item = node?.items.get(index);
      check(item?.kind === "ended", () => `item ${index} has not ended`);
      if (item.outcome === "skipped") return { outcome: "skipped" };
      const value = this.#object.value(item.valueSeq);
      return item.outcome === "success"
        ? { outcome: "success", result: value }
        : { outcome: "failed", error: value as unknown as TaskError };
    });
  }

  /** A client that sends a signal, as soon as the run that it names is there. */
  #sendSignal(inMs: number, signal: SentSignal, payload: Json): void {
    this.queue.plan(this.#time + inMs, () => {
      if (!this.#invariants.tree.runs[signal.run]) return this.#sendSignal(100, signal, payload);
      return this.#insist({ kind: "signal_run", ...signal, value: this.#value(payload) });
    });
  }

  /** As a client does: asks again until it is told that it happened. */
  async #insist(command: Command, then?: () => void): Promise<void> {
    if (await this.#object.post(command)) then?.();
    else this.queue.plan(this.#time + this.prng.between(1, 500), () => this.#insist(command, then));
  }

  /** Once it is acknowledged it has to be there, and to end. */
  async #start(command: Command): Promise<void> {
    this.#started = this.#invariants.tree.root !== undefined || (await this.#object.post(command));
    if (!this.#started) this.queue.plan(this.#time + this.prng.between(1, 500), () => this.#start(command));
  }

  #planClockJump(): void {
    this.queue.plan(START + this.prng.between(0, 30_000), async () => {
      this.#skew += this.prng.between(-3_600_000, 3_600_000);
    });
  }

  #singleFate(): SingleFault["kind"] | undefined {
    const { single } = this.faults;
    return single && "call" in single && single.call === this.#departed.size ? single.kind : undefined;
  }

  async #cancel(): Promise<void> {
    const runs = this.#invariants.tree.runs.length;
    if (runs === 0) return;
    await this.#insist({ kind: "cancel_run", run: this.prng.chance(0.7) ? 0 : this.prng.between(0, runs - 1) });
  }

  #startCommand(): Command {
    const { flow, diagnostics } = parseFlow(JSON.stringify(this.#run.flow), { format: "json" });
    const fatal = diagnostics.find(({ level }) => level === "fatal");
    check(flow !== undefined && !fatal, () => `the generated flow is not valid: ${fatal?.message}`);
    const text = canonicalFlowText(flow);
    const flowId = flowIdOf(text);
    const plan = compilePlan(flowId, flow);
    this.#object.plans.set(flowId, plan);
    return {
      kind: "start_run",
      runId: this.#runId,
      namespace: "default" as Namespace,
      flowId,
      plan,
      flows: new Map([[flowId, text]]),
      inputs: this.#run.inputs,
      ...(this.#run.variables && { variables: this.#run.variables }),
      maxConcurrency: this.#run.maxConcurrency,
      labels: {},
      files: {},
      ...(this.#derived && { takeOver: this.#derived.takeOver }),
    };
  }
}

/** How long it may take from a lost call to its next attempt: what its input needs is fetched before, and the storage may say no. */
function resendWithinMs({ blobGetFails, blobIsSlow, appendFails, blobPutFails, maxCrashes }: FaultPlan): number {
  const isSlow = blobGetFails + blobIsSlow + appendFails + blobPutFails > 0;
  return isSlow ? (maxCrashes + 1) * 30_000 : 1_000;
}
