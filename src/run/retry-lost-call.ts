const MAX_FAILURES = 5;
const FIRST_PAUSE_MS = 100;

/**
 * Asks an object again when a call was lost with it (restarted, moved, killed). For calls that do no harm when they arrive twice.
 * Gives up with the last error after five failures, about 1.5 s.
 */
export async function retryLostCall<T>(call: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (failures >= MAX_FAILURES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (failures - 1)));
  }
}
