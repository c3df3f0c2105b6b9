/**
 * The HTTP worker that all peers call: JSON-RPC 2.0 over POST (initialize, components/list, components/info,
 * components/execute), plain JSON answers, kept-alive connections, as little work per call as node:http allows.
 * Its one component `/count` answers `{ n: input.n + 1 }`. It keeps the arrival time of every call since the last
 * `POST /reset`, on the machine-wide monotonic clock; `GET /arrivals` gives them in milliseconds. From `POST /delay?ms=N` on it
 * answers each execution only after that time.
 */
import { createServer, type ServerResponse } from "node:http";

interface RpcRequest {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly input?: { readonly n?: number } };
}

const COMPONENT = {
  component: "/count",
  description: "Adds one.",
  input_schema: { type: "object" },
  output_schema: { type: "object" },
};
let arrivals: number[] = [];
let delayMs = 0;

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function resultOf(message: RpcRequest): unknown {
  const { method = "" } = message;
  switch (method) {
    case "initialize":
      return { serverProtocolVersion: 1, supportsBlobRefs: false };
    case "components/list":
      return { components: [COMPONENT] };
    case "components/info":
      return { info: COMPONENT };
    case "components/execute":
      return { output: { n: (message.params?.input?.n ?? 0) + 1 } };
    default:
      return undefined;
  }
}

function handleRpc(response: ServerResponse, text: string): void {
  const message: RpcRequest = JSON.parse(text);
  if (message.id === undefined) return answer(response, 202, '""');
  const result = resultOf(message);
  if (result === undefined) return answer(response, 400, '{"error":{"code":-32600,"message":"Unknown method"}}');
  answer(response, 200, JSON.stringify({ id: message.id, result, jsonrpc: "2.0" }));
}

const server = createServer((request, response) => {
  if (request.method === "GET") {
    if (request.url === "/arrivals") return answer(response, 200, JSON.stringify(arrivals));
    return answer(response, 200, '{"status":"healthy"}');
  }
  if (request.url === "/reset") {
    arrivals = [];
    request.resume();
    return answer(response, 200, "{}");
  }
  if (request.url?.startsWith("/delay?ms=")) {
    delayMs = Number(request.url.slice("/delay?ms=".length));
    request.resume();
    return answer(response, 200, "{}");
  }
  const arrivedAt = Number(process.hrtime.bigint()) / 1e6;
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => {
    text += chunk;
  });
  request.on("end", () => {
    if (!text.includes('"components/execute"')) return handleRpc(response, text);
    arrivals.push(arrivedAt);
    if (delayMs > 0) setTimeout(() => handleRpc(response, text), delayMs);
    else handleRpc(response, text);
  });
});
// Longer than any pause of the benchmark: a connection closed while a peer picks it up would look like the peer's failure.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listening on something that is not a port");
  console.log(JSON.stringify({ port: address.port }));
});
