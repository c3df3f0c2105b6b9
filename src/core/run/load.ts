/** Rebuilds the state of a run tree from its journal alone: the latest snapshot, then every event after it. */
import type { FlowId } from "../../protocol/ids.ts";
import { parseFlow } from "../flow/index.ts";
import type { Journal, StoredValue } from "../ports/journal.ts";
import type { PlanStore } from "./engine.ts";
import { EngineFault } from "./engine-fault.ts";
import { evolve } from "./evolve.ts";
import { readSnapshot, snapshotFlows } from "./snapshot.ts";
import type { RunTree } from "./state.ts";
import { emptyTree } from "./state.ts";

/** Reads the text of a value that lies outside the journal. */
export type FetchText = (value: Extract<StoredValue, { kind: "blob" }>) => Promise<string>;

const PAGE = 2_000;

/** The tree as of the last appended event; an empty one if there is no journal. */
export async function loadTree(journal: Journal, plans: PlanStore, fetchText: FetchText): Promise<RunTree> {
  if (!journal.exists()) return emptyTree();
  const recordFlow = async (flowId: FlowId, seq: number): Promise<void> => {
    if (!plans.get(flowId)) plans.put(flowId, parseRecorded(await flowText(journal, seq, fetchText), flowId));
  };
  let tree = emptyTree();
  const snapshot = journal.latestSnapshot();
  const flows = snapshot && snapshotFlows(snapshot.text);
  if (snapshot && flows) {
    for (const [flowId, seq] of flows) await recordFlow(flowId, seq);
    tree = readSnapshot(snapshot.text, plans);
  }
  for (;;) {
    const page = journal.read(tree.seq, PAGE, false);
    for (const entry of page) {
      if (entry.event.kind === "flow_recorded") await recordFlow(entry.event.flowId, entry.seq);
      evolve(tree, entry, plans);
    }
    if (page.length < PAGE) return tree;
  }
}

/** The canonical text of a recorded flow. */
export async function flowText(journal: Journal, seq: number, fetchText: FetchText): Promise<string> {
  const value = journal.readValue(seq);
  if (!value) throw new EngineFault("missing_value", `row ${seq} has no flow`);
  return value.kind === "text" ? value.text : fetchText(value);
}

function parseRecorded(text: string, flowId: FlowId) {
  const { flow } = parseFlow(text, { format: "json" });
  if (!flow) throw new EngineFault("missing_plan", `recorded flow ${flowId} cannot be read`);
  return flow;
}
