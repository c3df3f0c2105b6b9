/**
 * What the simulated worker says. A function of the component, the input and the number of decided retries alone, so that a
 * resent attempt gets the same answer and the naive interpreter can ask the same worker.
 */
import type { Json } from "../../src/protocol/json.ts";
import type { TaskError, TaskErrorCode } from "../../src/protocol/task-error.ts";
import { comparable } from "./comparable.ts";
import { hashText } from "./prng.ts";

export type Verdict =
  /** `cached`: nobody was asked, an earlier call had come to it. */
  | { readonly kind: "success"; readonly json: Json; readonly cached?: true }
  | { readonly kind: "failed"; readonly error: TaskError; readonly retryAfterMs?: number }
  /** No reply ever comes. */
  | { readonly kind: "hang" };

/** Components of the worker; `hang` may leave an attempt without a reply. */
export const WORKER_COMPONENTS = ["ok", "flaky", "fail", "hang", "loop"] as const;

const CODES: readonly TaskErrorCode[] = [
  "COMPONENT_FAILED",
  "UNREACHABLE",
  "RESOURCE_UNAVAILABLE",
  "TIMEOUT",
  "INVALID_INPUT",
  "WORKER_ERROR",
  "COMPONENT_NOT_FOUND",
];

/** `component` as the flow writes it (`/w/flaky`). */
export function workerVerdict(component: string, input: Json, retry: number): Verdict {
  const hash = hashText(`${component} ${JSON.stringify(comparable(input))} ${retry}`);
  switch (component) {
    case "/w/flaky":
      return hash % 3 === 0 ? success(hash) : failure(hash);
    case "/w/fail":
      return failure(hash);
    case "/w/hang":
      return hash % 3 === 0 ? { kind: "hang" } : success(hash);
    case "/w/loop":
      return { kind: "success", json: loopStep(input, hash) };
    default:
      return success(hash);
  }
}

function success(hash: number): Verdict {
  const small = (hash >>> 8) % 7;
  switch ((hash >>> 4) % 8) {
    case 0:
      return { kind: "success", json: null };
    case 1:
      return { kind: "success", json: small % 2 === 0 };
    case 2:
      return { kind: "success", json: [small, `s${small}`, null] };
    default:
      return {
        kind: "success",
        json: {
          v: small,
          ok: small > 2,
          list: Array.from({ length: small % 4 }, (_, index) => index + small),
          none: null,
        },
      };
  }
}

function failure(hash: number): Verdict {
  const code = CODES[(hash >>> 4) % CODES.length] ?? "COMPONENT_FAILED";
  const error = { code, message: `verdict ${hash % 10}`, ...(hash % 5 === 0 && { data: { hash: hash % 100 } }) };
  return { kind: "failed", error, ...(hash % 7 === 0 && { retryAfterMs: hash % 3_000 }) };
}

/** For `iterate`: a next input a few times over, then the result. */
function loopStep(input: Json, hash: number): Json {
  const count = typeof input === "number" ? input : 0;
  if (hash % 11 === 0) return { neither: true };
  return hash % 3 === 0 ? { result: count } : { next: count + 1 };
}
