/** A stdio worker on our SDK: `/key` gives its idempotency key, `/keep` uses blobs, `/resume` tells its input as progress and gives what it was handed, `/hold` waits until it is told to give up and says so in its log. */
import { createWorker, runStdio } from "../../../src/sdk/index.ts";

const worker = createWorker({ name: "stdio" })
  .component("key", { execute: (_input, context) => context.idempotencyKey ?? null })
  .component("keep", {
    execute: async (input, context) => {
      const blobId = await context.putBlob(input);
      return { data: await context.getBlob(blobId) };
    },
  })
  .component("resume", {
    execute: (input, context) => {
      context.heartbeat(0.5, "half", input);
      return context.lastHeartbeat ?? null;
    },
  })
  .component("hold", {
    execute: (_input, { signal }) =>
      new Promise((_resolve, reject) => {
        process.stderr.write("holding\n");
        signal.addEventListener("abort", () => {
          process.stderr.write("given up\n");
          reject(new Error("given up"));
        });
      }),
  });

await runStdio(worker);
