import { z } from "zod";
import { killProcess, startNodeProcess } from "./child-process.ts";
import { expectJson } from "./http-client.ts";

/** The HTTP worker process as the driver sees it. */
export interface HttpWorker {
  readonly url: string;
  /** Forgets the arrivals so far. */
  reset(): Promise<void>;
  /** When each call since the last reset arrived, in ms of the monotonic clock (`process.hrtime`). */
  arrivals(): Promise<readonly number[]>;
  /** Calls answered while `action` runs take at least so long each. */
  delayed<T>(delayMs: number, action: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function startHttpWorker(): Promise<HttpWorker> {
  const { child, port } = await startNodeProcess(new URL("./processes/http-worker.ts", import.meta.url));
  const url = `http://127.0.0.1:${port}`;
  const delay = (delayMs: number) => expectJson(z.unknown(), "POST", `${url}/delay?ms=${delayMs}`, {});
  return {
    url,
    async reset() {
      await expectJson(z.unknown(), "POST", `${url}/reset`, {});
    },
    async arrivals() {
      return (await expectJson(z.array(z.number()), "GET", `${url}/arrivals`)).body;
    },
    async delayed(delayMs, action) {
      await delay(delayMs);
      try {
        return await action();
      } finally {
        await delay(0);
      }
    },
    stop: () => killProcess(child),
  };
}
