import type { RunEventMessage } from "../../src/protocol/event.ts";

/** What the journal tells of one task. */
export interface TaskStory {
  readonly attempts: ReadonlySet<number>;
  /** When its first attempt left, epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds. */
  readonly completedAt: number | undefined;
}

/** What a journal may never tell, whatever was killed: events out of order, a task completed or an attempt started twice. */
export function journalFaults(events: readonly RunEventMessage[]): readonly string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  const taskOf = taskNames();
  let last = 0;
  let isPaused = false;
  for (const event of events) {
    if (event.sequenceNumber <= last) faults.push(`event ${event.sequenceNumber} follows event ${last}`);
    last = event.sequenceNumber;
    if (event.type === "run_paused" || event.type === "run_resumed") isPaused = event.type === "run_paused";
    if (isPaused && event.type === "step_started") faults.push(`started while it is paused: ${taskOf(event)}`);
    if (event.type !== "step_completed" && event.type !== "step_started") continue;
    const what = `${event.type} ${taskOf(event)} ${event.type === "step_started" ? event.attempt : ""}`;
    if (seen.has(what)) faults.push(`twice: ${what}`);
    seen.add(what);
    if (event.type === "step_started" && seen.has(`step_completed ${taskOf(event)} `))
      faults.push(`started after its end: ${taskOf(event)}`);
  }
  return faults;
}

export function taskStories(events: readonly RunEventMessage[]): ReadonlyMap<string, TaskStory> {
  const taskOf = taskNames();
  const stories = new Map<string, { attempts: Set<number>; startedAt: number; completedAt: number | undefined }>();
  for (const event of events) {
    if (event.type !== "step_completed" && event.type !== "step_started") continue;
    const task = taskOf(event);
    const story = stories.get(task) ?? {
      attempts: new Set(),
      startedAt: Date.parse(event.timestamp),
      completedAt: undefined,
    };
    stories.set(task, story);
    if (event.type === "step_started") story.attempts.add(event.attempt);
    else story.completedAt = Date.parse(event.timestamp);
  }
  return stories;
}

/** As the key names it: `<run>/<item>/<step>[/<element>]`, and `<run>/<item>/undo/<n>` for the n-th compensation of an item. */
function taskNames(): (event: Extract<RunEventMessage, { stepId: string }>) => string {
  const undone = new Map<string, string[]>();
  return (event) => {
    const item = `${event.runId}/${event.itemIndex}`;
    const element = event.elementIndex === undefined ? "" : `/${event.elementIndex}`;
    if (!event.compensation) return `${item}/${event.stepIndex}${element}`;
    const of = `${event.compensatedRunId ?? ""} ${event.stepIndex}${element}`;
    const known = undone.get(item) ?? [];
    undone.set(item, known);
    if (!known.includes(of)) known.push(of);
    return `${item}/undo/${known.indexOf(of)}`;
  };
}
