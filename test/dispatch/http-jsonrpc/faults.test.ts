/** Every way in which a worker or the way to it can fail: the code it becomes, and whether another attempt may help. */
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import { retryClass } from "../../../src/core/run/failure.ts";
import {
  type HttpJsonRpcOptions,
  HttpJsonRpcTransport,
} from "../../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { attemptCall } from "../attempt-call.ts";
import { ManualTimers } from "../manual-timers.ts";
import { type Answer, HttpWorker, openStream, sendJson } from "./http-worker.ts";

const never = new AbortController().signal;
const MIB = 1024 * 1024;
const idOf = (seen: Parameters<Answer>[1]): Json => seen.message["id"] ?? null;

let worker: HttpWorker;
let timers: ManualTimers;
beforeEach(async () => {
  worker = await HttpWorker.start();
  timers = new ManualTimers();
});
afterEach(() => worker.stop());

function transport(options: Partial<HttpJsonRpcOptions> = {}): HttpJsonRpcTransport {
  const { url } = worker;
  return new HttpJsonRpcTransport({
    plugin: "worker",
    url,
    worker: url,
    fetch,
    sessions: new Map(),
    blobs: new MemoryBlobStore(),
    timers,
    ...options,
  });
}

interface Fault {
  readonly answer: Answer;
  readonly code: string;
  readonly retry: "transport" | "component" | undefined;
  readonly message: string;
  readonly retryAfterMs?: number;
}

const result = (seen: Parameters<Answer>[1], output: Json): Json => ({
  jsonrpc: "2.0",
  id: idOf(seen),
  result: { output },
});
const rpcError =
  (code: number): Answer =>
  (response, seen) =>
    sendJson(response, { jsonrpc: "2.0", id: idOf(seen), error: { code, message: `said ${code}` } });
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end("plain words");
/** Writes for as long as somebody reads; gives up after `bytes`. */
function flood(head: string, type: string, bytes: number): Answer {
  return (response) => {
    response.writeHead(200, { "content-type": type });
    response.write(head);
    const chunk = "x".repeat(MIB);
    let left = bytes;
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= MIB;
        if (!response.write(chunk)) {
          response.once("drain", more);
          return;
        }
      }
      response.end('"}}');
    };
    more();
  };
}

const FAULTS: Readonly<Record<string, Fault>> = {
  "the process dies before it answers": {
    answer: (response) => void response.destroy(),
    code: "UNREACHABLE",
    retry: "transport",
    message: "no connection",
  },
  "the process dies in the middle of its answer": {
    answer: (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"jsonrpc":', () => response.destroy());
    },
    code: "UNREACHABLE",
    retry: "transport",
    message: "cut off",
  },
  "the process dies in the middle of its stream": {
    answer: (response) => {
      openStream(response)({ jsonrpc: "2.0", method: "log", params: {} });
      setImmediate(() => response.destroy());
    },
    code: "UNREACHABLE",
    retry: "transport",
    message: "ended without the response",
  },
  "the stream ends without an answer": {
    answer: (response) => {
      openStream(response);
      response.end();
    },
    code: "UNREACHABLE",
    retry: "transport",
    message: "ended without the response",
  },
  "an answer to another request": {
    answer: (response) => sendJson(response, { jsonrpc: "2.0", id: "another", result: { output: 1 } }),
    code: "UNREACHABLE",
    retry: "transport",
    message: 'the id "another"',
  },
  "a stream that answers another request": {
    answer: (response) => {
      openStream(response)({ jsonrpc: "2.0", id: "another", result: { output: 1 } });
      response.end();
    },
    code: "UNREACHABLE",
    retry: "transport",
    message: "(1 with another id)",
  },
  "no JSON": {
    answer: (response) => void response.writeHead(200, { "content-type": "application/json" }).end("{oops"),
    code: "UNREACHABLE",
    retry: "transport",
    message: "not JSON",
  },
  "an event that is no JSON": {
    answer: (response) => {
      openStream(response);
      response.write("data: {oops\n\n");
    },
    code: "UNREACHABLE",
    retry: "transport",
    message: "cannot be understood",
  },
  "a body that is not the gzip it says it is": {
    answer: (response) =>
      void response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end("no gzip"),
    code: "UNREACHABLE",
    retry: "transport",
    message: "cut off",
  },
  "a result without output": {
    answer: (response, seen) => sendJson(response, { jsonrpc: "2.0", id: idOf(seen), result: {} }),
    code: "UNREACHABLE",
    retry: "transport",
    message: "no output",
  },
  "HTTP 404": { answer: status(404), code: "UNREACHABLE", retry: "transport", message: "HTTP 404: plain words" },
  "HTTP 500": { answer: status(500), code: "UNREACHABLE", retry: "transport", message: "HTTP 500" },
  "HTTP 429 with Retry-After": {
    answer: status(429, { "retry-after": "3" }),
    code: "UNREACHABLE",
    retry: "transport",
    message: "HTTP 429",
    retryAfterMs: 3000,
  },
  "HTTP 503 with Retry-After": {
    answer: status(503, { "retry-after": "0.5" }),
    code: "UNREACHABLE",
    retry: "transport",
    message: "HTTP 503",
    retryAfterMs: 500,
  },
  "a redirect": {
    answer: status(307, { location: "http://169.254.169.254/" }),
    code: "UNREACHABLE",
    retry: "transport",
    message: "redirects are not followed",
  },
  "a 202 although nobody could report": {
    answer: status(202),
    code: "WORKER_ERROR",
    retry: undefined,
    message: "STEPFLOW_SECRET",
  },
  "an answer of 100 MB": {
    answer: flood('{"jsonrpc":"2.0","id":1,"result":{"output":"', "application/json", 100 * MIB),
    code: "WORKER_ERROR",
    retry: undefined,
    message: "more than 16777216 bytes",
  },
  "an event of 100 MB": {
    answer: flood('data: {"jsonrpc":"2.0","id":1,"result":{"output":"', "text/event-stream", 100 * MIB),
    code: "WORKER_ERROR",
    retry: undefined,
    message: "more than 16777216 bytes",
  },
  "100 MB in a small gzip": {
    answer: (response) =>
      void response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(gzipSync(`{"jsonrpc":"2.0","id":1,"result":{"output":"${"x".repeat(100 * MIB)}"}}`)),
    code: "WORKER_ERROR",
    retry: undefined,
    message: "more than 16777216 bytes",
  },
  "the component fails": {
    answer: rpcError(-32_100),
    code: "COMPONENT_FAILED",
    retry: "component",
    message: "said -32100",
  },
  "the component fails without a word": {
    answer: (response, seen) =>
      sendJson(response, { jsonrpc: "2.0", id: idOf(seen), error: { code: -32_100, message: "" } }),
    code: "COMPONENT_FAILED",
    retry: "component",
    message: "error -32100",
  },
  "a resource is unavailable": {
    answer: rpcError(-32_102),
    code: "RESOURCE_UNAVAILABLE",
    retry: "component",
    message: "said -32102",
  },
  "the component is unknown": {
    answer: rpcError(-32_001),
    code: "COMPONENT_NOT_FOUND",
    retry: undefined,
    message: "said -32001",
  },
  "the request is not understood": {
    answer: rpcError(-32_600),
    code: "WORKER_ERROR",
    retry: undefined,
    message: "said -32600",
  },
  "the worker cannot reach something itself": {
    answer: rpcError(-32_302),
    code: "UNREACHABLE",
    retry: "transport",
    message: "said -32302",
  },
};

describe("becomes a code and a retry class:", () => {
  test.each(Object.entries(FAULTS))("%s", async (_, { answer, code, retry, message, retryAfterMs }) => {
    worker.answers["components/execute"] = answer;
    const outcome = await transport().execute(attemptCall(), never);
    expect(outcome).toEqual({
      kind: "failed",
      error: expect.objectContaining({ code, message: expect.stringContaining(message) }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    if (outcome.kind === "failed") expect(retryClass(outcome.error.code)).toBe(retry);
    expect(timers.pending).toBe(0);
  });
});

describe("does no harm:", () => {
  test("a reply that comes twice, in one stream", async () => {
    worker.answers["components/execute"] = (response, seen) => {
      const write = openStream(response);
      write(result(seen, "first"));
      write(result(seen, "second"));
      response.end();
    };
    expect(await transport().execute(attemptCall(), never)).toMatchObject({ value: { json: "first" } });
  });

  test("a worker that was restarted: the session is opened again, and the attempt sent once more", async () => {
    const one = transport({ blobApiUrl: () => "http://o/worker/s/blobs" });
    worker.answers["components/execute"] = () => ({ output: 1 });
    await one.execute(attemptCall(), never);
    let knows = false;
    worker.answers["initialize"] = () => {
      knows = true;
      return { serverProtocolVersion: 1, supportsBlobRefs: true };
    };
    worker.answers["components/execute"] = (response, seen) => {
      if (knows) return { output: 2 };
      const message = "Component execution failed: Blob API URL not configured. Call initialize first.";
      return sendJson(response, { jsonrpc: "2.0", id: idOf(seen), error: { code: -32_100, message } });
    };
    expect(await one.execute(attemptCall(), never)).toMatchObject({ value: { json: 2 } });
  });

  test("gzip, and an answer of many megabytes below the limit: stored, and handed on as a reference", async () => {
    worker.answers["components/execute"] = (response, seen) =>
      void response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(gzipSync(JSON.stringify(result(seen, "x".repeat(12 * MIB)))));
    expect(await transport().execute(attemptCall(), never)).toMatchObject({
      kind: "success",
      value: { kind: "blob", bytes: 12 * MIB + 2 },
    });
  });
});

describe("nothing hangs past its deadline:", () => {
  const trickle: Answer = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = (): void => void (response.destroyed || response.write(" ", () => setImmediate(more)));
    more();
  };
  const chatter: Answer = (response) => {
    const write = openStream(response);
    const more = (): void => {
      if (response.destroyed) return;
      write({ jsonrpc: "2.0", method: "progress", params: {} });
      setImmediate(more);
    };
    more();
  };
  const waitingForUs: Answer = (response) =>
    openStream(response)({ jsonrpc: "2.0", id: "cb", method: "runs/get", params: {} });

  test.each<[string, Answer]>([
    ["no answer at all", () => undefined],
    [
      "headers without a body",
      (response) => response.writeHead(200, { "content-type": "application/json" }).flushHeaders(),
    ],
    ["a body that never ends", trickle],
    ["a stream of events without the answer", chatter],
    ["a callback that takes us too long", waitingForUs],
  ])("%s", async (_, answer) => {
    worker.answers["components/execute"] = answer;
    const arrived = worker.arrival("components/execute");
    const running = transport({ callbacks: () => new Promise(() => {}) }).execute(attemptCall(), never);
    await arrived;
    timers.advance(60_000);
    expect(await running).toMatchObject({ kind: "failed", error: { code: "TIMEOUT" } });
    expect(retryClass("TIMEOUT")).toBe("transport");
    expect(timers.pending).toBe(0);
  });

  test("a stream that stops ends after five minutes, but not while the worker waits for our answer", async () => {
    const answered = Promise.withResolvers<void>();
    worker.answers["components/execute"] = waitingForUs;
    const running = transport({
      callbacks: async () => {
        await answered.promise;
        return { kind: "result", result: {} };
      },
    }).execute(attemptCall({ deadlineAt: timers.now() + 1e9 }), never);
    await worker.arrival("components/execute");
    await expect.poll(() => timers.pending).toBe(2);
    for (let minutes = 0; minutes < 60; minutes += 5) {
      timers.advance(300_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const posted = worker.arrival("answer");
    answered.resolve();
    await posted;
    await expect
      .poll(async () => {
        timers.advance(300_000);
        return Promise.race([running, Promise.resolve("running")]);
      })
      .toMatchObject({
        kind: "failed",
        error: { code: "TIMEOUT", message: expect.stringContaining("sent nothing for 300 s") },
      });
  });
});
