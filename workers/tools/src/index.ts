/** The Cloudflare Worker: components that fetch, change and cache data, reached by URL or by service binding. */
import { createWorker } from "../../../src/sdk/index.ts";
import { cacheData } from "./components/cache-data.ts";
import { distributedProcessing } from "./components/distributed-processing.ts";
import { healthCheck } from "./components/health-check.ts";
import { httpRequest } from "./components/http-request.ts";
import { processData } from "./components/process-data.ts";
import { retrieveCache } from "./components/retrieve-cache.ts";

export default createWorker({ name: "stepflow-tools" })
  .component("cache_data", cacheData)
  .component("distributed_processing", distributedProcessing)
  .component("health_check", healthCheck)
  .component("http_request", httpRequest)
  .component("process_data", processData)
  .component("retrieve_cache", retrieveCache);
