/** The example worker as a Cloudflare Worker: by its default export, and by a named entrypoint. */
import { workerEntrypoint } from "../../src/sdk/cloudflare.ts";
import { worker } from "./example-worker.ts";

export default worker;
export const Named = workerEntrypoint(worker);
