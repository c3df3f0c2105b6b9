/**
 * `npm run bench`: starts every peer once, runs the cases on them in turns, prints one table and writes the figures to
 * `bench/results/`. Everything is on loopback and in temporary directories, and is gone at the end, also after an interrupt.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { fileURLToPath } from "node:url";
import type { BenchCase, CaseId } from "./cases/case.ts";
import { httpChain, noopChain } from "./cases/chain.ts";
import { fanOut } from "./cases/fan-out.ts";
import { latency } from "./cases/latency.ts";
import { longRun } from "./cases/long-run.ts";
import { throughput } from "./cases/throughput.ts";
import { closeConnections } from "./http-client.ts";
import { startHttpWorker } from "./http-worker.ts";
import { type CaseResult, measureCase } from "./measure.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import type { Peer } from "./peer.ts";
import { startPeer } from "./peers/start-peer.ts";
import { renderTable, resultDocument } from "./report.ts";

const CASES: Readonly<Record<CaseId, BenchCase>> = {
  a: noopChain,
  b: httpChain,
  c: fanOut,
  d: throughput,
  e: latency,
  f: longRun,
};

async function main(options: Options): Promise<void> {
  const startedAt = new Date();
  const worker = await startHttpWorker();
  const peers: Peer[] = [];
  const absent: Record<string, string> = {};
  try {
    for (const name of options.peers) {
      try {
        peers.push(await startPeer(name, worker.url));
      } catch (error) {
        absent[name] = error instanceof Error ? error.message : String(error);
      }
    }
    const results: CaseResult[] = [];
    for (const id of options.cases) {
      console.error(`bench: ${id}) ${CASES[id].title} …`);
      results.push(await measureCase(CASES[id], peers, options, worker));
    }
    console.log(renderTable(results, options.peers));
    console.log("\nMedians of the rounds [lower–upper quartile]. How to read them: bench/README.md");
    for (const { name, label } of peers) console.log(`${name}: ${label}`);
    for (const [name, reason] of Object.entries(absent)) console.log(`${name}: NOT MEASURED: ${reason}`);
    await writeResults(startedAt, { options, absent, results: resultDocument(results) }, peers);
    if (results.some(({ failures }) => failures.size > 0)) process.exitCode = 1;
  } finally {
    await Promise.allSettled([...peers, worker].map((running) => running.stop()));
    closeConnections();
  }
}

async function writeResults(startedAt: Date, measured: object, peers: readonly Peer[]): Promise<void> {
  const directory = new URL("results/", import.meta.url);
  const file = new URL(`${startedAt.toISOString().replaceAll(":", "-")}.json`, directory);
  const machine = { node: process.version, kernel: release(), cpu: cpus()[0]?.model, cores: cpus().length };
  const labels = Object.fromEntries(peers.map(({ name, label }) => [name, label]));
  const document = { startedAt, elapsedMs: Date.now() - startedAt.getTime(), machine, peers: labels, ...measured };
  await mkdir(directory, { recursive: true });
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  console.log(`figures: ${fileURLToPath(file)}`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? `bench: ${error.message}` : error);
  console.error(USAGE);
  process.exitCode = 2;
}
