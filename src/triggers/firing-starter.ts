import type { TriggerRecord } from "../core/ports/trigger-store.ts";
import { decideOverlap, type Overlap } from "../core/schedule/index.ts";
import type { ScheduleDocument } from "../protocol/api/trigger.ts";
import { assertNever } from "../protocol/assert-never.ts";
import { hasEnded } from "../protocol/has-ended.ts";
import type { RunId } from "../protocol/ids.ts";
import type { RunObjectApi } from "../run/run-api.ts";
import type { FiringRow, Firings } from "./firings.ts";
import { evaluateHookExpression } from "./hook-expression.ts";
import { startTriggeredRun, type TriggeredStartDeps } from "./start-triggered-run.ts";

/** Firings looked at in one go; the alarm comes back for the rest. */
const BATCH = 200;
/** Runs asked whether they are running: with `allow` before, there may be many. */
const ASKED = 100;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 5 * 60_000;

export interface FiringDeps extends TriggeredStartDeps {
  runs(namespace: TriggerRecord["namespace"], runId: RunId): Pick<RunObjectApi, "start" | "summary" | "cancel">;
  now(): number;
}

/** Starts the runs of firings that are due, the oldest first. One piece of work: what runs is asked at most once in it. */
export class FiringStarter {
  readonly #firings: Firings;
  readonly #deps: FiringDeps;
  readonly #record: TriggerRecord & { readonly document: ScheduleDocument };
  readonly #overlap: Overlap;
  readonly #isHeld: boolean;
  #running: readonly RunId[] | undefined;
  #startedAny = false;

  constructor(
    firings: Firings,
    deps: FiringDeps,
    record: TriggerRecord & { readonly document: ScheduleDocument },
    overlap: Overlap,
    isHeld: boolean,
  ) {
    this.#firings = firings;
    this.#deps = deps;
    this.#record = record;
    this.#overlap = overlap;
    this.#isHeld = isHeld;
  }

  /** Whether a run was started. */
  async startDue(): Promise<boolean> {
    for (;;) {
      const head = this.#firings.headOfQueue(this.#isHeld);
      if (!head || !(await this.#handle(head, true))) break;
    }
    for (const row of this.#firings.due(this.#deps.now(), this.#isHeld, BATCH)) await this.#handle(row, false);
    return this.#startedAny;
  }

  /** Whether it left the queue. A failure of ours or of the platform's is tried again later. */
  async #handle(row: FiringRow, isHead: boolean): Promise<boolean> {
    try {
      return row.state === "starting"
        ? await this.#start(row, row.fired_at ?? this.#deps.now())
        : await this.#decide(row, isHead);
    } catch (error) {
      const delayMs = Math.min(FIRST_RETRY_MS * 2 ** row.attempts, MAX_RETRY_MS);
      const reason = error instanceof Error ? error.message : String(error);
      this.#firings.tryAgain(row.seq, this.#deps.now() + delayMs, `will be tried again: ${reason}`);
      return false;
    }
  }

  async #decide(row: FiringRow, isHead: boolean): Promise<boolean> {
    if (!this.#record.document.enabled) {
      this.#firings.skip(row.seq, "disabled");
      return true;
    }
    const overlap = row.overlap ?? this.#overlap;
    const queued = isHead ? 0 : this.#firings.queued();
    const decision = decideOverlap({
      overlap,
      isRunning: overlap !== "allow" && (await this.#isRunning(overlap, queued)),
      queued,
      isAskedFor: row.cause !== "timetable",
    });
    switch (decision.kind) {
      case "skip":
        this.#firings.skip(row.seq, decision.reason);
        return true;
      case "wait":
        if (row.reason === null) this.#firings.queue(row.seq);
        return false;
      case "cancel_and_start":
        for (const runId of await this.#runs(overlap))
          await this.#deps.runs(this.#record.namespace, runId).cancel(runId);
        return this.#start(row, this.#deps.now());
      case "start":
        return this.#start(row, this.#deps.now());
      default:
        return assertNever(decision);
    }
  }

  async #start(row: FiringRow, firedAt: number): Promise<boolean> {
    // Durable before the start leaves the object: whatever dies, it is this firing that goes on.
    this.#firings.starting(row.seq, firedAt);
    this.#running = undefined;
    const { namespace, name, document, createdAt } = this.#record;
    const previous = this.#firings.firedBefore(row.seq, firedAt);
    const facts = {
      scheduledAt: new Date(row.scheduled_at).toISOString(),
      firedAt: new Date(firedAt).toISOString(),
      name,
      ...(previous !== undefined && { previousFiredAt: new Date(previous).toISOString() }),
    };
    const input =
      document.input === undefined
        ? ({ kind: "value", value: facts } as const)
        : await evaluateHookExpression(document.input, facts);
    if (input.kind === "failed") {
      this.#firings.fail(row.seq, `\`input\` failed: ${input.message}`);
      return true;
    }
    // A schedule made anew under this name starts runs of its own.
    const key = `${createdAt.toString(36)}/${row.key}`;
    const run = await startTriggeredRun(this.#deps, { namespace, name, document, key, input: input.value });
    if (run.kind === "refused") this.#firings.fail(row.seq, run.reason);
    else {
      this.#firings.started(row.seq, run.runId);
      this.#startedAny = true;
    }
    return true;
  }

  async #isRunning(overlap: Overlap, queued: number): Promise<boolean> {
    if (this.#firings.isStarting()) return true;
    // Those before it would have been started if nothing ran.
    if (overlap === "queue" && queued > 0) return true;
    return (await this.#runs(overlap)).length > 0;
  }

  /** Runs of this schedule that have not ended: all where they are to be cancelled, else the first that is found. */
  async #runs(overlap: Overlap): Promise<readonly RunId[]> {
    if (this.#running) return this.#running;
    const found: RunId[] = [];
    for (const { key, run_id } of this.#firings.running(ASKED)) {
      const runId = run_id as RunId;
      const reply = await this.#deps.runs(this.#record.namespace, runId).summary(runId);
      if (!reply.ok || hasEnded(reply.value.status)) this.#firings.over(key);
      else found.push(runId);
      if (found.length > 0 && overlap !== "cancel_running") break;
    }
    this.#running = found;
    return found;
  }
}
