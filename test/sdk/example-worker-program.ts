import { runWorker } from "../../src/sdk/node/index.ts";
import { worker } from "./example-worker.ts";

await runWorker(worker);
