const MAX_FAILURES = 5;
const FIRST_PAUSE_MS = 100;

/**
 * Asks an object again when a call was lost with it (restarted, moved, killed). For reads: what they do twice does no harm.
 * Gives up with the last error after five failures, about 3 s, or when the signal aborts.
 */
export async function retryLostCall<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (failures >= MAX_FAILURES || signal.aborted) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (failures - 1), signal);
  }
}

/** Ends early when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
  });
}
