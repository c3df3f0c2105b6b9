export { runWorker } from "./run-worker.ts";
export { type ServedWorker, type ServeOptions, serve } from "./serve.ts";
