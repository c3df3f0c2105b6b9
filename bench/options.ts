import { parseArgs } from "node:util";
import { CASE_IDS, type CaseId } from "./cases/case.ts";
import { PEER_NAMES, type PeerName } from "./peer.ts";

export interface Options {
  readonly cases: readonly CaseId[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly quick: boolean;
}

export const USAGE = `Usage: npm run bench -- [--only a,b,…] [--peers ours,bare,workflows,restate] [--rounds N] [--quick]

  --only    cases to run: a noop chain, b HTTP chain, c fan-out, d throughput, e latency, f long run and restart (default: all)
  --peers   systems to compare (default: all)
  --rounds  repetitions of each short case, the peers in turns (default: 5, with --quick 3)
  --quick   less of everything: a look, not a result`;

/** Reads the command line. Throws an error whose message is for the user. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string" },
      peers: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
    },
  });
  const rounds = values.rounds === undefined ? (values.quick ? 3 : 5) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds must be a whole number from 1 to 100, not "${values.rounds}"`);
  }
  return {
    cases: chosen("--only", values.only, CASE_IDS),
    peers: chosen("--peers", values.peers, PEER_NAMES),
    rounds,
    quick: values.quick,
  };
}

function chosen<T extends string>(option: string, value: string | undefined, known: readonly T[]): readonly T[] {
  if (value === undefined) return known;
  const asked = value.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`${option}: there is no "${unknown}". Use: ${known.join(", ")}`);
  return known.filter((name) => asked.includes(name));
}
