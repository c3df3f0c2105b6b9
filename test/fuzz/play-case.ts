import { Prng } from "../simulation/prng.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

/** Milliseconds an input may take; a long one in proportion. */
const LIMIT_MS = 50;
const LONG_CHARACTERS = 4_000;
/** Times a slow input is measured again, the best counts: the machine may have been busy. */
const REPEATS = 8;
/** What happens in other processes is shared with everybody: so many times the best of a request that does nothing is allowed for. */
const ALLOWANCE = 4;
const SHOWN_CHARACTERS = 2_000;

/** Plays one case; what is wrong with it, and the command that plays it again. */
export async function playCase(target: FuzzTarget, seed: number): Promise<string | undefined> {
  const { text, run } = target.make(new Prng(seed));
  const fault = await faultOf(target, run, LIMIT_MS * Math.max(1, text.length / LONG_CHARACTERS));
  if (fault === undefined) return undefined;
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}… (cut)` : text;
  return `${target.name}: ${fault}\nInput of ${text.length} characters:\n${shown}\nAgain with: npm run fuzz -- --replay ${target.name}:${seed}`;
}

async function faultOf(
  { baseline }: FuzzTarget,
  run: () => void | Promise<void>,
  limitMs: number,
): Promise<string | undefined> {
  const clock = baseline ? () => performance.now() : threadMs;
  try {
    let best = await measure(clock, run);
    let limit = limitMs;
    for (let repeat = 0; repeat < REPEATS && best > limit; repeat++) {
      best = Math.min(best, await measure(clock, run));
      if (baseline) limit = Math.max(limit, limitMs + ALLOWANCE * (await measure(clock, baseline)));
    }
    if (best <= limit) return undefined;
    return `takes ${best.toFixed(0)} ms at best of ${REPEATS + 1}, more than ${limit.toFixed(0)} ms`;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

async function measure(clock: () => number, run: () => void | Promise<void>): Promise<number> {
  const startedAt = clock();
  await run();
  return clock() - startedAt;
}

/** Time that this thread has had a processor. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
