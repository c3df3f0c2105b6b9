import type { CaseResult } from "./measure.ts";
import type { PeerName } from "./peer.ts";
import { median, quantile } from "./statistics.ts";

/** Four significant figures are more than this machine knows. */
function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Median and, in brackets, the range from the lower to the upper quartile. */
function cell(values: readonly number[] | undefined): string {
  if (values === undefined || values.length === 0) return "–";
  const middle = figure(median(values));
  if (values.length < 3) return middle;
  return `${middle} [${figure(quantile(values, 0.25))}–${figure(quantile(values, 0.75))}]`;
}

/** Columns as wide as their widest cell, the first to the left, the others to the right; a row of one cell is a heading. */
function align(rows: readonly (readonly string[])[]): string {
  const table = rows.filter((cells) => cells.length > 1);
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((cells) => (cells.length === 1 ? cells.join("") : cells.map(pad).join("  "))).join("\n");
}

/** `ours / peer` of the medians: below 1 is ours less. */
function ratio(ours: readonly number[] | undefined, theirs: readonly number[] | undefined): string {
  if (ours === undefined || theirs === undefined) return "–";
  return `${(median(ours) / median(theirs)).toFixed(2)} ×`;
}

/** The table of figures followed by the ratios. */
export function renderTable(results: readonly CaseResult[], peers: readonly PeerName[]): string {
  const others = peers.filter((name) => name !== "ours");
  const compared = peers.includes("ours");
  const heads = [...peers, ...(compared ? others.map((name) => `ours / ${name}`) : [])];
  const rows: string[][] = [["", ...heads]];
  for (const { benchCase, samples, failures } of results) {
    rows.push([`${benchCase.id}) ${benchCase.title}`]);
    for (const { id, label, unit, better } of benchCase.metrics) {
      const byPeer = samples.get(id);
      const arrow = better === "higher" ? "↑" : "↓";
      const ratios = compared ? others.map((name) => ratio(byPeer?.get("ours"), byPeer?.get(name))) : [];
      const figures = peers.map((name) => (failures.has(name) ? "failed" : cell(byPeer?.get(name))));
      rows.push([`   ${label}, ${unit} ${arrow}`, ...figures, ...ratios]);
    }
    for (const [name, reason] of failures) rows.push([`   ! ${name}: ${reason}`]);
  }
  return align(rows);
}

/** Everything that was measured, for a file. */
export function resultDocument(results: readonly CaseResult[]): unknown {
  return results.map(({ benchCase, samples, failures }) => ({
    case: benchCase.id,
    title: benchCase.title,
    metrics: benchCase.metrics.map((metric) => ({
      ...metric,
      samples: Object.fromEntries(samples.get(metric.id) ?? []),
    })),
    failures: Object.fromEntries(failures),
  }));
}
