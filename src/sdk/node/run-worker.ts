import { parseArgs } from "node:util";
import { runStdio } from "../stdio/stepflow-stdio-server.ts";
import type { Worker } from "../worker.ts";
import { serve } from "./serve.ts";

/**
 * The main function of a worker program. `--port N` and `--host H`: over HTTP (the default), until SIGTERM or SIGINT, after the
 * answers under way; `--stdio`: on standard input and output, until the input ends.
 */
export async function runWorker(worker: Worker, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      stdio: { type: "boolean", default: false },
    },
  });
  if (values.stdio) return runStdio(worker);
  const served = await serve(worker, { port: Number(values.port), host: values.host });
  await new Promise((resolve) => process.once("SIGTERM", resolve).once("SIGINT", resolve));
  await served.close();
}
