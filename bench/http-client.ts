import { Agent, request } from "node:http";
import type { z } from "zod";

const TIMEOUT_MS = 120_000;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** One JSON request over a kept-alive connection; bare node:http, since the driver shares the machine with what it measures. */
export function requestJson(method: "GET" | "POST", url: string | URL, body?: unknown): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const accept = { accept: "application/json" };
  const headers =
    payload === undefined
      ? accept
      : { ...accept, "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
  const outgoing = request(url, { method, agent, headers, timeout: TIMEOUT_MS }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      try {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text === "" ? null : JSON.parse(text),
        });
      } catch (cause) {
        reject(new Error(`${method} ${String(url)} answered no JSON: ${text.slice(0, 300)}`, { cause }));
      }
    });
  });
  outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${String(url)}: no answer in ${TIMEOUT_MS} ms`)));
  outgoing.on("error", reject);
  outgoing.end(payload);
  return promise;
}

/** As `requestJson`, but any status other than 2xx and any body that does not fit the schema is an error that shows it. */
export async function expectJson<T>(
  schema: z.ZodType<T>,
  method: "GET" | "POST",
  url: string | URL,
  body?: unknown,
): Promise<{ readonly headers: HttpReply["headers"]; readonly body: T }> {
  const reply = await requestJson(method, url, body);
  if (reply.status < 200 || reply.status > 299) {
    throw new Error(`${method} ${String(url)} answered ${reply.status}: ${JSON.stringify(reply.body).slice(0, 500)}`);
  }
  const parsed = schema.safeParse(reply.body);
  if (parsed.success) return { headers: reply.headers, body: parsed.data };
  throw new Error(
    `${method} ${String(url)} answered ${JSON.stringify(reply.body).slice(0, 500)}: ${parsed.error.message}`,
  );
}

/** Closes the kept-alive connections, so that the process can end. */
export function closeConnections(): void {
  agent.destroy();
}
