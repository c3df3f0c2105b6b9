/**
 * `npm run fuzz -- --minutes N --seed S --only parser,api --keep-going`: throws generated input at everything that takes input
 * from strangers, in turns, until the time is over. `--replay <target>:<case>` plays one case again. Cases are played in a
 * thread, so that one that never ends is found out from outside.
 */
import { parseArgs } from "node:util";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { hashText } from "../simulation/prng.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { playCase } from "./play-case.ts";
import { TARGETS } from "./targets.ts";

/** Cases of one target before it is another's turn. */
const TURN = 50;
/** A case that is not over by then hangs. */
const HANGS_AFTER_MS = 60_000;

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly only: readonly string[];
  readonly keepGoing: boolean;
  readonly replay: string | undefined;
  /** What is played: target, case. */
  readonly progress: Int32Array<SharedArrayBuffer>;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      only: { type: "string", default: Object.keys(TARGETS).join(",") },
      "keep-going": { type: "boolean", default: false },
      replay: { type: "string" },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  const only = (values.replay?.split(":")[0] ?? values.only).split(",");
  const unknown = only.filter((name) => !Object.hasOwn(TARGETS, name));
  if (!(minutes > 0) || !Number.isSafeInteger(seed) || unknown.length > 0) {
    console.error(`--minutes and --seed take numbers, --only some of ${Object.keys(TARGETS).join(",")}`);
    process.exit(2);
  }
  const progress = new Int32Array(new SharedArrayBuffer(8));
  return { minutes, seed, only, keepGoing: values["keep-going"], replay: values.replay, progress };
}

async function play(options: Options): Promise<number> {
  const targets = await Promise.all(options.only.map((name) => (TARGETS[name] as () => Promise<FuzzTarget>)()));
  const counts = new Map(targets.map(({ name }) => [name, 0]));
  const findings: string[] = [];
  const one = async (target: FuzzTarget, seed: number): Promise<void> => {
    Atomics.store(options.progress, 0, targets.indexOf(target));
    Atomics.store(options.progress, 1, seed | 0);
    counts.set(target.name, (counts.get(target.name) ?? 0) + 1);
    const finding = await playCase(target, seed);
    if (finding === undefined) return;
    findings.push(finding);
    console.error(`${finding}\n`);
  };
  const startedAt = performance.now();
  const isOver = () =>
    (findings.length > 0 && !options.keepGoing) || performance.now() - startedAt > options.minutes * 60_000;
  try {
    if (options.replay !== undefined) {
      for (const target of targets) await one(target, Number(options.replay.split(":")[1]));
    } else {
      for (let turn = 0; !isOver(); turn++) {
        for (const target of targets) {
          for (let index = 0; index < TURN && !isOver(); index++)
            await one(target, hashText(`${options.seed}/${target.name}/${turn * TURN + index}`) >>> 1);
        }
      }
    }
  } finally {
    for (const target of targets) await target.close?.();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const shares = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(
    `fuzz: ${total} inputs in ${seconds.toFixed(0)} s (${(total / seconds).toFixed(0)}/s), ${findings.length} findings; ${shares}; seed ${options.seed}`,
  );
  return findings.length > 0 ? 1 : 0;
}

/** Watches the thread that plays: the same case for too long is a finding of its own. */
function watch(options: Options): void {
  const thread = new Worker(new URL(import.meta.url), { workerData: options, argv: process.argv.slice(2) });
  let last = "";
  let since = Date.now();
  const timer = setInterval(() => {
    const now = `${options.only[Atomics.load(options.progress, 0)]}:${Atomics.load(options.progress, 1)}`;
    if (now !== last) [last, since] = [now, Date.now()];
    if (Date.now() - since < HANGS_AFTER_MS) return;
    console.error(`hangs; again with: npm run fuzz -- --replay ${now}`);
    process.exit(1);
  }, 1_000);
  thread.on("exit", (code) => {
    clearInterval(timer);
    process.exitCode = code;
  });
}

if (isMainThread) watch(readOptions());
else process.exit(await play(workerData as Options));
