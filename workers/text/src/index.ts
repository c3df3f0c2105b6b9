/** The Cloudflare Worker: text components for flows, reached by URL or by service binding. */
import { components } from "./components/index.ts";
import { HttpWorker } from "./protocol/http-worker.ts";

const worker = new HttpWorker("stepflow-text", components);

export default { fetch: (request: Request): Promise<Response> => worker.fetch(request) };
