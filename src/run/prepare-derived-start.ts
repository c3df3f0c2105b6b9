/**
 * From an earlier run to the command that starts one with its results: reads them from the run's object, decides what holds, and
 * refuses what makes no sense. Nothing is written anywhere before the new run is.
 */
import { nearestName } from "../core/diagnostics/index.ts";
import type { Flow } from "../core/flow/flow.ts";
import { variableDefault, withEnvironment } from "../core/flow/index.ts";
import { equalJson } from "../core/json/equal-json.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { StoredValue } from "../core/ports/journal.ts";
import { chooseReuse, Recording, reusableSteps } from "../core/reuse/index.ts";
import { boundsField, narrowed } from "../core/run/component-bounds.ts";
import type { PlanStore } from "../core/run/engine.ts";
import { compileSchema } from "../core/schema/index.ts";
import { submissionRedactor } from "../core/secrets/index.ts";
import { hasEnded } from "../protocol/has-ended.ts";
import type { BlobId } from "../protocol/ids.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import { readBlobText } from "./blob-text.ts";
import { compile, type Found, findFlow, override, type Prepared, refuse, refuseForbidden } from "./prepare-start.ts";
import { retryLostCall } from "./retry-lost-call.ts";
import type { DerivedStart, RecordedRun, RunFault } from "./run-api.ts";
import type { RunDeps } from "./run-deps.ts";

type Refused = Extract<Prepared, { kind: "refused" }>;
interface Chosen {
  readonly before: Extract<Found, { kind: "flow" }>;
  /** As submitted, then after overrides. */
  readonly submitted: Extract<Found, { kind: "flow" }>;
  readonly after: Extract<Found, { kind: "flow" }>;
}

export async function prepareDerivedStart(
  request: DerivedStart,
  plans: PlanStore,
  blobs: BlobStore,
  deps: RunDeps,
): Promise<Prepared> {
  const { origin, submission } = request;
  const source = deps.runs(request.namespace, origin.runId);
  const read = await retryLostCall(() => source.recordedRun(origin.runId));
  if (!read.ok) return { kind: "refused", fault: read.fault };
  const earlier = read.value;
  const flows = await chooseFlows(request, earlier, plans, blobs);
  if ("kind" in flows) return flows;
  const { submitted, after, before } = flows;
  const bounds = narrowed(earlier.allowComponents ?? [], request.allowComponents ?? []);
  const forbidden = refuseForbidden(after.plan.flow, bounds);
  if (forbidden) return forbidden;
  const fault = refusalOf(request, earlier, after.plan.flow);
  if (fault) return { kind: "refused", fault };

  const reusable = reusableSteps({
    before: before.plan.flow,
    after: after.plan.flow,
    from: new Set(request.from),
    inputChanged: submission.inputs !== undefined,
    variableChanged: await variableComparison(request, earlier, flows, blobs),
  });
  const recording = new Recording();
  for (const [item, undone] of earlier.undone) recording.noteUndone(item, undone);
  const steps = before.plan.steps.filter(({ step }) => reusable.has(step.id)).map(({ index }) => index);
  for (let since = 0; since < earlier.seq; ) {
    const range = { since, upTo: earlier.seq, steps };
    const page = await retryLostCall(() => source.recordedEntries(origin.runId, range));
    if (!page.ok) return { kind: "refused", fault: page.fault };
    if (page.value.next <= since) return refuse(`run ${origin.runId} was replaced while it was read; try again`);
    for (const entry of page.value.entries) recording.add(entry);
    since = page.value.next;
  }
  const notRetriable = refuseItems(request, recording);
  if (notRetriable) return notRetriable;
  const badInput =
    request.flow && !submission.inputs ? await inputFault(after.plan.flow, recording.inputs, blobs) : undefined;
  if (badInput !== undefined) return refuse(badInput);

  const items = chooseReuse({
    recording,
    before: before.plan,
    after: after.plan,
    reusable,
    itemCount: submission.inputs ? Math.min(submission.inputs.length, earlier.itemCount) : earlier.itemCount,
    ...(origin.kind === "retry" && {
      keepItems: request.itemIndexes ? { allBut: new Set(request.itemIndexes) } : "not_failed",
    }),
  });
  const { toleratedFailures } = submission;
  const variables =
    submission.variables && withEnvironment(after.plan.flow, submission.variables, (name) => deps.environment?.(name));
  return {
    kind: "ready",
    command: {
      kind: "start_run",
      runId: request.runId,
      namespace: request.namespace,
      flowId: submitted.flowId,
      plan: after.plan,
      flows: new Map([
        [submitted.flowId, submitted.text],
        [after.flowId, after.text],
      ]),
      inputs: submission.inputs ?? [],
      ...(variables && { variables }),
      maxConcurrency: submission.maxConcurrency ?? earlier.maxConcurrency,
      ...boundsField(bounds),
      ...boundOnFailures(toleratedFailures, earlier),
      labels: submission.labels ?? earlier.labels,
      files: (submission.files ?? earlier.files) as Readonly<Record<string, BlobId>>,
      ...(request.bodyHash !== undefined && { bodyHash: request.bodyHash }),
      // What is taken over may quote them, whatever the flow marks now.
      ...(earlier.secrets && { secrets: earlier.secrets }),
      takeOver: {
        origin,
        ...(!submission.inputs && { inputs: recording.inputs }),
        ...(!variables && earlier.variables && { variables: earlier.variables }),
        items,
      },
    },
  };
}

function boundOnFailures(
  given: DerivedStart["submission"]["toleratedFailures"],
  { maxFailures }: RecordedRun,
): { readonly toleratedFailures?: NonNullable<DerivedStart["submission"]["toleratedFailures"]> } {
  if (given) return { toleratedFailures: given };
  return maxFailures === undefined ? {} : { toleratedFailures: { count: maxFailures } };
}

/** Overrides stand on the flow as it was submitted; without any, the same flow keeps those it had. */
async function chooseFlows(
  { flow, submission: { overrides } }: DerivedStart,
  { flowText, planText }: RecordedRun,
  plans: PlanStore,
  blobs: BlobStore,
): Promise<Chosen | Refused> {
  const original = compile(flowText, plans);
  if (original.kind === "refused") return original;
  const before = planText === undefined ? original : compile(planText, plans);
  if (before.kind === "refused") return before;
  const submitted = flow ? await findFlow(flow, plans, blobs) : original;
  if (submitted.kind === "refused") return submitted;
  const unpatched = flow ? submitted : before;
  const after = overrides === undefined || overrides === null ? unpatched : override(submitted, overrides, plans);
  return after.kind === "refused" ? after : { before, submitted, after };
}

function refusalOf(
  { origin, from = [], itemIndexes = [] }: DerivedStart,
  { status, outcome, itemCount }: RecordedRun,
  flow: Flow,
): RunFault | undefined {
  const precondition = (message: string): RunFault => ({ kind: "precondition", message });
  const { kind, runId } = origin;
  if (kind !== "fork" && !hasEnded(status)) {
    return precondition(`run ${runId} has not ended (${status}): wait for its end, cancel it, or fork it`);
  }
  if (kind === "retry" && status === "completed") {
    const what = outcome === "skipped" ? "ended skipped" : "succeeded";
    return precondition(`run ${runId} ${what}: there is nothing to retry; rerun it from a step, or fork it`);
  }
  const invalid = (message: string): RunFault => ({ kind: "invalid", message });
  const ids = flow.steps.map(({ id }) => id as string);
  const unknown = from.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    const near = nearestName(unknown, ids);
    return invalid(`the flow has no step "${unknown}"${near === undefined ? "" : `; did you mean "${near}"?`}`);
  }
  const outside = itemIndexes.find((item) => item >= itemCount);
  return outside === undefined
    ? undefined
    : invalid(`run ${runId} has ${itemCount} items: there is no item ${outside}`);
}

function refuseItems({ itemIndexes = [], origin }: DerivedStart, recording: Recording): Refused | undefined {
  const over = itemIndexes.find((item) => {
    const end = recording.items.get(item)?.end;
    return end !== undefined && end.outcome !== "failed";
  });
  return over === undefined ? undefined : refuse(`item ${over} of run ${origin.runId} did not fail: it is not retried`);
}

async function variableComparison(
  { submission, flow, origin }: DerivedStart,
  earlier: RecordedRun,
  { before, after }: Chosen,
  blobs: BlobStore,
): Promise<(name: string) => boolean> {
  if (!submission.variables && !flow && origin.kind !== "fork") return () => false;
  const given = earlier.variables ? ((await jsonOf(earlier.variables, blobs)) as JsonObject) : {};
  const worth = (variables: JsonObject, { plan }: Chosen["after"], name: string): Json | undefined =>
    Object.hasOwn(variables, name) ? variables[name] : variableDefault(plan.flow, name);
  return (name) => {
    const [then, now] = [worth(given, before, name), worth(submission.variables ?? given, after, name)];
    return then === undefined || now === undefined ? then !== now : !equalJson(then, now);
  };
}

/** The first input that the other flow's schema refuses. */
async function inputFault(flow: Flow, inputs: readonly StoredValue[], blobs: BlobStore): Promise<string | undefined> {
  const schema = flow.schemas?.input;
  if (schema === undefined) return undefined;
  const check = compileSchema(schema, flow.schemas?.defs);
  for (const [item, input] of inputs.entries()) {
    const checked = check(await jsonOf(input, blobs));
    if (checked.kind === "unusable_schema") return `the flow's input schema cannot be used: ${checked.message}`;
    const [fault] = checked.faults;
    if (fault) {
      const redactor = submissionRedactor(flow, { inputs: [await jsonOf(input, blobs)] });
      const message = `the flow refuses the input of item ${item}: ${fault.pointer || "it"}: ${fault.message}; give other input with it`;
      return redactor?.text(message) ?? message;
    }
  }
  return undefined;
}

async function jsonOf(value: StoredValue, blobs: BlobStore): Promise<Json> {
  return JSON.parse(value.kind === "text" ? value.text : await readBlobText(blobs, value.blob));
}
