import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Worker } from "../worker.ts";

export interface ServeOptions {
  /** 0, the default, is any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Whether `{"port":N}` is printed once the server listens, for programs that start this one. Default true. */
  readonly announce?: boolean;
}

export interface ServedWorker {
  readonly port: number;
  readonly url: string;
  /** Takes no new requests; resolves when those under way have been answered. */
  close(): Promise<void>;
}

/** Serves a worker over HTTP; resolves once it listens. */
export async function serve(worker: Pick<Worker, "fetch">, options: ServeOptions = {}): Promise<ServedWorker> {
  const { port: wanted = 0, host = "127.0.0.1", announce = true } = options;
  let underWay = 0;
  let isClosing = false;
  // Callers keep connections open for seconds, some before they have sent anything.
  const closeWhenDone = () => {
    if (isClosing && underWay === 0) server.closeAllConnections();
  };
  const server = createServer((incoming, outgoing) => {
    underWay++;
    outgoing.once("close", () => {
      underWay--;
      closeWhenDone();
    });
    // A caller that hangs up is nobody's fault, and there is nobody to tell.
    answer(worker, incoming, outgoing).catch(() => outgoing.destroy());
  });
  // Executions take as long as they take; the orchestrator has the deadline.
  server.requestTimeout = 0;
  server.listen(wanted, host);
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : wanted;
  if (announce) process.stdout.write(`${JSON.stringify({ port })}\n`);
  return {
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        isClosing = true;
        closeWhenDone();
      }),
  };
}

async function answer(
  worker: Pick<Worker, "fetch">,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const response = await worker.fetch(requestOf(incoming, gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body), outgoing);
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  const bodyless = method === "GET" || method === "HEAD";
  // The path is joined as text: "//host" would be read as another host.
  return new Request(`http://worker${url.startsWith("/") ? url : "/"}`, {
    method,
    headers,
    signal,
    ...(bodyless ? {} : { body: ReadableStream.from<Uint8Array>(incoming), duplex: "half" }),
  });
}
