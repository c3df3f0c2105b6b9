/** Starts a run in memory from what another one has come to, as the run's object does it over RPC. */
import { canonicalFlowText, flowIdOf, parseFlow } from "../../src/core/flow/index.ts";
import type { Plan } from "../../src/core/plan/index.ts";
import { compilePlan } from "../../src/core/plan/index.ts";
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import { chooseReuse, isRecorded, Recording, reusableSteps } from "../../src/core/reuse/index.ts";
import { newRootRunId } from "../../src/core/run/run-id.ts";
import { undoneSteps } from "../../src/core/run/undone-steps.ts";
import type { Namespace, RunId } from "../../src/protocol/ids.ts";
import type { RunOrigin } from "../../src/protocol/run.ts";
import { MemoryRun, type MemoryRunOptions } from "./memory-run.ts";

export interface Derivation extends MemoryRunOptions {
  readonly kind: RunOrigin["kind"];
  readonly from?: readonly string[];
  readonly itemIndexes?: readonly number[];
  /** YAML. */
  readonly flow?: string;
  readonly changedVariables?: readonly string[];
}

export function deriveRun(source: MemoryRun, derivation: Derivation): MemoryRun {
  const run = new MemoryRun(derivation);
  run.now = source.now;
  for (const [id, blob] of source.blobs) run.blobs.set(id, blob);
  const root = source.engine.tree.runs[0];
  const runId = source.engine.tree.root?.runId;
  if (!root || !runId) throw new Error("the source was not started");
  const after = derivation.flow === undefined ? root.plan : planOf(derivation.flow);
  run.engine.plans.put(after.flowId, after.flow);
  run.post({
    kind: "start_run",
    runId: newRootRunId(run.now, new Uint8Array(10).fill(1)),
    namespace: "default" as Namespace,
    flowId: after.flowId,
    plan: after,
    flows: new Map([[after.flowId, canonicalFlowText(after.flow)]]),
    inputs: derivation.inputs ?? [],
    ...(derivation.variables && { variables: derivation.variables }),
    maxConcurrency: derivation.maxConcurrency ?? 10,
    labels: {},
    files: {},
    takeOver: takeOverOf(undoneSteps(source.engine.tree), source.entries, root.plan, after, runId, derivation),
  });
  return run;
}

/** What a derivation takes over of a journal. */
export function takeOverOf(
  undone: ReturnType<typeof undoneSteps>,
  entries: readonly JournalEntry[],
  before: Plan,
  after: Plan,
  runId: RunId,
  derivation: Pick<Derivation, "kind" | "from" | "itemIndexes" | "inputs" | "changedVariables" | "variables">,
) {
  const { kind, itemIndexes, inputs } = derivation;
  const reusable = reusableSteps({
    before: before.flow,
    after: after.flow,
    from: new Set(derivation.from),
    inputChanged: inputs !== undefined,
    variableChanged: (name) => derivation.changedVariables?.includes(name) ?? false,
  });
  const steps = new Set(before.steps.filter(({ step }) => reusable.has(step.id)).map(({ index }) => index));
  const recording = new Recording();
  for (const [item, steps] of undone) recording.noteUndone(item, steps);
  for (const { event, value } of entries) {
    if (!isRecorded(event, steps)) continue;
    const isStep = event.kind === "item_completed" && event.from !== undefined && event.outcome !== "failed";
    const row = "from" in event && event.from !== undefined ? entries[event.from - 1]?.value : value;
    recording.add({ event, ...(row && !isStep && { value: row }) });
  }
  const variables = entries.find(({ event }) => event.kind === "run_created")?.value;
  return {
    origin: { kind, runId },
    ...(inputs === undefined && { inputs: recording.inputs }),
    ...(derivation.variables === undefined && variables && { variables }),
    items: chooseReuse({
      recording,
      before,
      after,
      reusable,
      itemCount: inputs ? Math.min(inputs.length, recording.inputs.length) : recording.inputs.length,
      ...(kind === "retry" && { keepItems: itemIndexes ? { allBut: new Set(itemIndexes) } : ("not_failed" as const) }),
    }),
  };
}

function planOf(text: string): Plan {
  const { flow, diagnostics } = parseFlow(text, { format: "yaml" });
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  return compilePlan(flowIdOf(canonicalFlowText(flow)), flow);
}
