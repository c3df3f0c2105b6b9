/**
 * The same worker as a Node process: `node node.ts [--port 0] [--host 127.0.0.1]`. Prints `{"port":N}` once it listens;
 * ends on SIGTERM or SIGINT, after the answers under way.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import worker from "./src/index.ts";

/** Serves the worker on a port (0: any free one); resolves once it listens. */
export async function serve(options: {
  readonly port: number;
  readonly host: string;
}): Promise<{ server: Server; port: number }> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(options.port, options.host);
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : options.port };
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await worker.fetch(requestOf(incoming));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  const bodyless = method === "GET" || method === "HEAD";
  return new Request(new URL(url, "http://worker"), {
    method,
    headers,
    ...(bodyless ? {} : { body: ReadableStream.from<Uint8Array>(incoming), duplex: "half" }),
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "0" }, host: { type: "string", default: "127.0.0.1" } },
  });
  const { server, port } = await serve({ port: Number(values.port), host: values.host });
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  const stop = () => server.close(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
