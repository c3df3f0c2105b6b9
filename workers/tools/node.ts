/** The same worker as a Node program: `node node.ts --port 8080` over HTTP, `node node.ts --stdio` on standard input and output. */
import { runWorker } from "../../src/sdk/node/index.ts";
import worker from "./src/index.ts";

await runWorker(worker);
