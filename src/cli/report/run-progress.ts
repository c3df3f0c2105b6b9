/** A run's events as they come, for people: redrawn on a terminal, one line per event elsewhere. */
import { assertNever } from "../../protocol/assert-never.ts";
import type { RunEventMessage } from "../../protocol/event.ts";
import type { Terminal } from "./terminal.ts";

export interface RunProgress {
  event(event: RunEventMessage): void;
  /** Takes away what was to be redrawn. */
  end(): void;
}

/** One line per event; for logs (`--progress`). */
export function plainProgress(out: Terminal, itemCount: number): RunProgress {
  return {
    event: (event) => {
      const line = eventLine(event, itemCount);
      if (line !== undefined) out.write(`${event.timestamp} ${line}\n`);
    },
    end: () => undefined,
  };
}

/** Finished steps stay as lines; below them one line says what goes on. Owns a timer until `end`. */
export function liveProgress(out: Terminal, itemCount: number): RunProgress {
  const active = new Map<string, { readonly stepId: string; readonly since: number; readonly told?: string }>();
  let items = 0;
  let steps = 0;
  let shownFailures = 0;
  let frame = 0;
  let drawn = false;

  const erase = () => {
    if (drawn) out.write("\r\u001b[2K");
    drawn = false;
  };
  const draw = () => {
    erase();
    const names = [...active.values()].map(({ stepId, told }) => (told === undefined ? stepId : `${stepId} ${told}`));
    const what =
      names.length === 0
        ? ""
        : ` · running ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
    const of =
      itemCount === 1
        ? `${steps} step${steps === 1 ? "" : "s"} done`
        : `${items}/${itemCount} items, ${steps} steps done`;
    out.write(
      `${out.cyan(SPINNER[frame % SPINNER.length] ?? "")} ${`${of}${what}`.slice(0, Math.max(20, out.columns - 3))}`,
    );
    drawn = true;
  };
  const say = (line: string) => {
    erase();
    out.write(`${line}\n`);
    draw();
  };
  const timer = setInterval(() => {
    frame++;
    draw();
  }, 120);
  timer.unref();

  const completed = (event: Extract<RunEventMessage, { type: "step_completed" }>) => {
    const key = taskKey(event);
    const since = active.get(key)?.since;
    active.delete(key);
    if (event.elementIndex !== undefined) return;
    steps++;
    const took = since === undefined ? "" : out.dim(` ${duration(Date.parse(event.timestamp) - since)}`);
    if (itemCount === 1 || (event.outcome === "failed" && ++shownFailures <= 20)) {
      const item = itemCount === 1 ? "" : out.dim(`item ${event.itemIndex} `);
      const why = event.error === undefined ? "" : out.dim(` ${event.error.code}: ${event.error.message}`);
      const cached = event.cached ? out.dim(" cached") : "";
      say(`${mark(event.outcome, out)} ${item}${event.stepId}${took}${cached}${why}`);
      for (const warning of event.warnings ?? []) say(out.dim(`  warning: ${warning}`));
    }
  };
  return {
    event: (event) => {
      switch (event.type) {
        case "step_started":
          active.set(taskKey(event), {
            stepId: event.stepId,
            since: active.get(taskKey(event))?.since ?? Date.parse(event.timestamp),
          });
          break;
        case "attempt_progress": {
          const known = active.get(taskKey(event));
          if (known) active.set(taskKey(event), { ...known, told: progressText(event) });
          break;
        }
        case "step_completed":
          completed(event);
          break;
        case "attempt_failed":
          say(
            `${out.yellow("↻")} ${event.stepId} attempt ${event.attempt} failed: ${event.error.message}; again at ${event.retryAt}`,
          );
          break;
        case "step_waiting":
          active.set(taskKey(event), { stepId: event.stepId, since: Date.parse(event.timestamp) });
          say(`${out.cyan("◷")} ${event.stepId} ${waitText(event)}`);
          break;
        case "signal_received":
          say(`${out.cyan("◈")} signal ${event.name} received`);
          break;
        case "approval_decided":
          say(`${out.cyan("◈")} ${event.stepId} ${decisionText(event)}`);
          break;
        case "item_completed":
          items++;
          break;
        case "chunk_completed":
          items += event.successful + event.failed + event.skipped;
          break;
        case "compensation_started":
          say(`${out.yellow("↶")} item ${event.itemIndex} ${event.reason}: undoing what it has done`);
          break;
        case "compensation_completed":
          break;
        case "cancel_requested":
          say(`${out.yellow("◼")} cancel requested`);
          break;
        case "run_paused":
          say(`${out.yellow("‖")} paused`);
          break;
        case "run_resumed":
          say(`${out.cyan("▸")} resumed`);
          break;
        case "run_created":
        case "sub_run_created":
        case "item_started":
        case "chunk_started":
        case "run_completed":
          break;
      }
    },
    end: () => {
      clearInterval(timer);
      erase();
    },
  };
}

/** One event in words; undefined for those that say nothing new. */
function eventLine(event: RunEventMessage, itemCount: number): string | undefined {
  const step = ({ stepId, itemIndex, elementIndex, compensation }: Extract<RunEventMessage, { stepId: string }>) =>
    `${itemCount === 1 ? "" : `item ${itemIndex} `}${compensation ? "compensation of " : ""}step ${stepId}${elementIndex === undefined ? "" : `[${elementIndex}]`}`;
  switch (event.type) {
    case "run_created":
      return `run ${event.runId} created, ${event.itemCount} item${event.itemCount === 1 ? "" : "s"}`;
    case "sub_run_created":
      return `sub-run ${event.runId} created, ${event.itemCount} item${event.itemCount === 1 ? "" : "s"}`;
    case "item_started":
      return `item ${event.itemIndex} started, until ${event.deadlineAt} at most`;
    case "step_started":
      return `${step(event)} started${event.attempt === 1 ? "" : `, attempt ${event.attempt}`}`;
    case "step_waiting":
      return `${step(event)} ${waitText(event)}`;
    case "signal_received":
      return `signal ${event.name} received`;
    case "approval_decided":
      return `${step(event)} ${decisionText(event)}`;
    case "attempt_progress":
      return `${step(event)} ${progressText(event)}`;
    case "attempt_failed":
      return `${step(event)} attempt ${event.attempt} failed (${event.error.code}: ${event.error.message}), again at ${event.retryAt}`;
    case "step_completed":
      return `${step(event)} ${event.outcome}${event.cached ? ", cached" : ""}${event.error === undefined ? "" : ` (${event.error.code}: ${event.error.message})`}`;
    case "item_completed":
      return itemCount === 1 ? undefined : `item ${event.itemIndex} ${event.outcome}`;
    case "chunk_started":
      return `${itemsOf(event)} started as run ${event.chunkRunId}`;
    case "chunk_completed":
      return `${itemsOf(event)} ended: ${event.successful} succeeded, ${event.failed} failed, ${event.skipped} skipped`;
    case "compensation_started":
      return `item ${event.itemIndex} ${event.reason}, undoing what it has done`;
    case "compensation_completed":
      return `item ${event.itemIndex} undone`;
    case "cancel_requested":
      return "cancel requested";
    case "run_paused":
      return "paused";
    case "run_resumed":
      return "resumed";
    case "run_completed":
      return `run ${event.runId} ${event.outcome ?? event.status}`;
    default:
      return assertNever(event);
  }
}

function waitText({ awaits, approval, until }: Extract<RunEventMessage, { type: "step_waiting" }>): string {
  const what = awaits !== undefined ? ` for signal ${awaits}` : approval ? ` for a decision: ${approval.title}` : "";
  return `waits${what}${until === undefined ? "" : ` until ${until}`}`;
}

function decisionText({ decision, by }: Extract<RunEventMessage, { type: "approval_decided" }>): string {
  return `${decision}${by === undefined ? "" : ` by ${by}`}`;
}

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

function mark(outcome: "success" | "failed" | "skipped", out: Terminal): string {
  switch (outcome) {
    case "success":
      return out.green("✓");
    case "failed":
      return out.red("✗");
    case "skipped":
      return out.dim("↷");
    default:
      return assertNever(outcome);
  }
}

const itemsOf = ({ firstItemIndex, itemCount }: { readonly firstItemIndex: number; readonly itemCount: number }) =>
  `items ${firstItemIndex} to ${firstItemIndex + itemCount - 1}`;

const taskKey = (event: { readonly itemIndex: number; readonly stepId: string; readonly elementIndex?: number }) =>
  `${event.itemIndex}/${event.stepId}/${event.elementIndex ?? ""}`;

/** `40 % page 4 of 10`; details are for the next attempt, not for people. */
function progressText({ progress, message }: Extract<RunEventMessage, { type: "attempt_progress" }>): string {
  const share = progress === undefined ? [] : [`${Math.round(progress * 100)} %`];
  return [...share, ...(message === undefined ? [] : [message])].join(" ") || "is at work";
}

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
