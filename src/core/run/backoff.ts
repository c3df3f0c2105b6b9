import type { Backoff } from "../flow/flow.ts";

/**
 * Milliseconds to wait before retry `n` (1, 2, …). `chance` in [0, 1) spreads a `full` jitter; it must be the same for the same
 * retry, so that a decision can be taken twice.
 */
export function backoffDelay(backoff: Backoff, n: number, chance: number): number {
  const delay = Math.min(backoff.maxDelayMs, baseDelay(backoff, n));
  return Math.round(backoff.jitter === "full" ? delay * chance : delay);
}

function baseDelay(backoff: Backoff, n: number): number {
  switch (backoff.type) {
    case "constant":
      return backoff.minDelayMs;
    case "exponential":
      return backoff.minDelayMs * backoff.factor ** (n - 1);
    case "fibonacci":
      return backoff.minDelayMs * fibonacci(n, backoff.maxDelayMs / Math.max(1, backoff.minDelayMs));
  }
}

/** 1, 1, 2, 3, 5, … stopping once it is past `enough`. */
function fibonacci(n: number, enough: number): number {
  let [previous, current] = [0, 1];
  for (let i = 1; i < n && current <= enough; i++) [previous, current] = [current, previous + current];
  return current;
}

/** A fraction in [0, 1) that depends on `text` alone (FNV-1a). */
export function chanceOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
