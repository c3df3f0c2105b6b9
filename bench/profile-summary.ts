/** The part of a V8 CPU profile that is read here. Times are microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}
interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

const TOP = 40;

/** A table of functions by self time, with the time including what they called; milliseconds per run. */
export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile, runs: number): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const selfUs = new Map<number, number>();
  samples.forEach((id, index) => selfUs.set(id, (selfUs.get(id) ?? 0) + (timeDeltas[index] ?? 0)));
  const self = new Map<string, number>();
  const total = new Map<string, number>();

  function visit(node: ProfileNode, above: ReadonlySet<string>): number {
    const name = nameOf(node);
    const own = selfUs.get(node.id) ?? 0;
    const inside = new Set(above).add(name);
    let sum = own;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child) sum += visit(child, inside);
    }
    self.set(name, (self.get(name) ?? 0) + own);
    // A recursive call is already in the time of the outer one.
    if (!above.has(name)) total.set(name, (total.get(name) ?? 0) + sum);
    return sum;
  }
  const [root] = nodes;
  if (root) visit(root, new Set());

  const perRun = (us: number): string => (us / 1_000 / runs).toFixed(3).padStart(9);
  const rows = [...self]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(([name, us]) => `${perRun(us)} ${perRun(total.get(name) ?? 0)}  ${name}`);
  const widest = [...total]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(([name, us]) => `${perRun(us)}  ${name}`);
  return [" self/ms  total/ms  by self time", ...rows, "", "total/ms  by total time", ...widest].join("\n");
}

function nameOf({ callFrame: { functionName, lineNumber } }: ProfileNode): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return lineNumber < 0 ? name : `${name}:${lineNumber + 1}`;
}
