import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import type { AttemptCall } from "../../../src/core/ports/transport.ts";
import type { OpenAiDefaults } from "../../../src/dispatch/builtin/builtin.ts";
import { BuiltinTransport } from "../../../src/dispatch/builtin/builtin-transport.ts";
import { resolveManifestPath } from "../../../src/dispatch/builtin/load-file.ts";
import type { BlobId } from "../../../src/protocol/ids.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { attemptCall } from "../attempt-call.ts";
import { ManualTimers } from "../manual-timers.ts";

const never = new AbortController().signal;
const blobs = new MemoryBlobStore();
const timers = new ManualTimers();
const success = (json: unknown) => ({ kind: "success", value: { kind: "inline", json } });
const invalid = (message: unknown = expect.any(String)) => ({
  kind: "failed",
  error: { code: "INVALID_INPUT", message },
});

function execute(
  componentId: string,
  input: Json,
  options: { openAi?: OpenAiDefaults; files?: AttemptCall["files"]; signal?: AbortSignal } = {},
) {
  const { openAi = {}, files = {}, signal = never } = options;
  return new BuiltinTransport({ blobs, fetch, timers, openAi }).execute(
    attemptCall({ componentId, input, files }),
    signal,
  );
}
async function stored(text: string | Uint8Array, type: "data" | "binary" = "data"): Promise<BlobId> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return (await blobs.put(bytes, { blobType: type })).id;
}

describe("put_blob and get_blob", () => {
  test("round trip, null included, under the reference's id", async () => {
    const id = "868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0";
    const data = { message: "Hello, blobs!", number: 42, nested: { array: [1, 2, 3], boolean: true } };
    expect(await execute("/put_blob", { data, blob_type: "data" })).toEqual(success({ blob_id: id }));
    expect(await execute("/get_blob", { blob_id: id.toUpperCase() })).toEqual(success({ data }));
    const nothing = await execute("/put_blob", { data: null });
    expect(nothing).toMatchObject(success({ blob_id: expect.any(String) }));
    expect(await execute("/get_blob", { blob_id: await stored("null") })).toEqual(success({ data: null }));
  });

  test("binary stores the JSON text of the value, as the reference does", async () => {
    const outcome = await execute("/put_blob", { data: "aGk=", blob_type: "binary" });
    const id = await stored('"aGk="', "data");
    expect(outcome).toEqual(success({ blob_id: id }));
    expect(await blobs.head(id)).toMatchObject({ blobType: "binary" });
  });

  test("a large blob is handed on as a reference", async () => {
    const outcome = await execute("/get_blob", { blob_id: await stored(JSON.stringify("x".repeat(300_000))) });
    expect(outcome).toMatchObject({ kind: "success", value: { kind: "blob", bytes: 300_011 } });
  });

  test("wrong inputs are INVALID_INPUT with a pointer", async () => {
    expect(await execute("/put_blob", { blob_type: "data" })).toMatchObject({
      error: { code: "INVALID_INPUT", data: { faults: [{ pointer: "" }] } },
    });
    expect(await execute("/put_blob", { data: 1, blob_type: "gif" })).toMatchObject({
      error: { data: { faults: [{ pointer: "/blob_type" }] } },
    });
    expect(await execute("/get_blob", { blob_id: "abc" })).toMatchObject({
      error: { data: { faults: [{ pointer: "/blob_id" }] } },
    });
    const missing = "0".repeat(64);
    expect(await execute("/get_blob", { blob_id: missing })).toMatchObject(
      invalid(`invalid input for /get_blob: /blob_id: there is no blob ${missing}`),
    );
    expect(await execute("/get_blob", { blob_id: await stored(Uint8Array.of(255, 0), "binary") })).toMatchObject(
      invalid(expect.stringContaining("is not JSON")),
    );
  });
});

describe("load_file", () => {
  test.each([
    ["a.json", "a.json"],
    ["./a//b/./c.txt", "a/b/c.txt"],
    ["/a", "a"],
    ["a/../b", "b"],
    ["a/../../b", undefined],
    ["..", undefined],
  ])("the path %s is %s in the manifest", (path, expected) => {
    expect(resolveManifestPath(path)).toBe(expected);
  });

  test("reads by extension or as asked, with metadata", async () => {
    const json = '{"test": "data",\n "value": 42}';
    const files = {
      "d/a.JSON": await stored(json),
      "b.yml": await stored("a: [1, yes]\nd: 2020-01-01\n"),
      "n.md": await stored("# Ü\n"),
    };
    const load = (input: Json) => execute("/load_file", input, { files });
    expect(await load({ path: "./d/a.JSON" })).toEqual(
      success({
        data: { test: "data", value: 42 },
        metadata: { resolved_path: "d/a.JSON", size_bytes: json.length, format: "json" },
      }),
    );
    expect(await load({ path: "b.yml", format: null })).toMatchObject(
      success({ data: { a: [1, "yes"], d: "2020-01-01" } }),
    );
    expect(await load({ path: "n.md" })).toEqual(
      success({ data: "# Ü\n", metadata: { resolved_path: "n.md", size_bytes: 5, format: "text" } }),
    );
    expect(await load({ path: "d/a.JSON", format: "text" })).toMatchObject(success({ data: json }));
  });

  test("reads the manifest and nothing else", async () => {
    const files = { "in.txt": await stored("x"), gone: "1".repeat(64) as BlobId };
    const load = (path: string) => execute("/load_file", { path }, { files });
    expect(await load("../etc/passwd")).toMatchObject(invalid(expect.stringContaining("leads out of the folder")));
    expect(await load("out.txt")).toMatchObject(
      invalid(expect.stringContaining('the run was not given a file "out.txt" (it has in.txt, gone)')),
    );
    expect(await load("constructor")).toMatchObject(invalid());
    expect(await load("gone")).toMatchObject({ error: { code: "RESOURCE_UNAVAILABLE" } });
    expect(await execute("/load_file", { path: "x" })).toMatchObject(
      invalid(expect.stringContaining("it was given no files")),
    );
  });

  test.each([
    ["bad.json", "{\n oops}", "line 2"],
    ["big.json", "[123456789012345678901]", "does not fit"],
    ["bad.yaml", "a: [", "Flow"],
    ["nan.yaml", "a: .nan", "NaN is not a number that JSON has"],
    [
      "bomb.yaml",
      [
        "a: &a [1,1,1,1,1,1,1,1,1]",
        ...Array.from(
          { length: 8 },
          (_, i) =>
            `${"bcdefghi"[i]}: &${"bcdefghi"[i]} [${Array.from({ length: 9 }, () => `*${"abcdefgh"[i]}`).join()}]`,
        ),
      ].join("\n"),
      "alias",
    ],
  ])("%s is refused with the reason", async (path, text, reason) => {
    const outcome = await execute("/load_file", { path }, { files: { [path]: await stored(text) } });
    expect(outcome).toMatchObject(invalid(expect.stringContaining(reason)));
    expect(outcome).toMatchObject(invalid(expect.stringContaining(`"${path}" cannot be read`)));
  });

  test("bytes that are no text are refused", async () => {
    const files = { "a.txt": await stored(Uint8Array.of(0xc3, 0x28), "binary") };
    expect(await execute("/load_file", { path: "a.txt" }, { files })).toMatchObject(
      invalid(expect.stringContaining("not UTF-8")),
    );
  });
});

describe("jsonata", () => {
  const evaluate = (expression: string, data: Json = null) => execute("/jsonata", { expression, data });

  test.each<[string, Json, Json]>([
    [
      "$sum(items.(price * n))",
      {
        items: [
          { price: 2, n: 3 },
          { price: 1.5, n: 2 },
        ],
      },
      9,
    ],
    ["nothing.here", {}, null],
    [
      "items[price > 1].name",
      {
        items: [
          { price: 2, name: "a" },
          { price: 0, name: "b" },
        ],
      },
      "a",
    ],
    ['$pad("5", -3, "0") & $pad("x", 3) & "|"', null, "005x  |"],
    ['$toMillis("2020-01-02T00:00:00Z")', null, 1_577_923_200_000],
    ['$toMillis("13:05", "[H01]:[m01]")', null, 47_100_000],
    ['$replace("a1b22", /[0-9]+/, "#")', null, "a#b#"],
    ["[1..5].($ * 2)", null, [2, 4, 6, 8, 10]],
    ["function($x) { $x }", null, null],
  ])("%s", async (expression, data, expected) => {
    expect(await evaluate(expression, data)).toEqual(success(expected));
  });

  test.each(["$now()", "$millis()", "$random()", "$shuffle([1,2])", '$eval("1")'])(
    "%s is not available",
    async (expression) => {
      expect(await evaluate(expression)).toMatchObject(invalid(expect.stringContaining("is not available")));
    },
  );

  test.each([
    ["endless recursion", "($f := function($n) { 1 + $f($n) }; $f(1))", "stack"],
    ["endless tail recursion", "($f := function($n) { $f($n + 1) }; $f(1))", "evaluations"],
    ["a huge range", "[1..9000000]", "sequence"],
    ["a huge pad", '$pad("x", 1000000000)', "$pad"],
    [
      "a text that doubles",
      "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('xxxx', 60)))",
      "characters",
    ],
    ["an explosive pattern", "$match(data, /(a+)+$/)", "repeats a group"],
    ["an explosive alternation", "$match(data, /^(a|aa)*$/)", "repeats a group"],
    ["a nested group", "$match(data, /((a)b)*c/)", "repeats a group"],
    ["division by nothing", "1/0", "Infinity"],
  ])(
    "%s ends with its reason",
    async (_, expression, reason) => {
      const outcome = await evaluate(expression, { data: "a".repeat(50) });
      expect(outcome).toMatchObject(invalid(expect.stringMatching(new RegExp(reason.replace("$", "\\$"), "i"))));
    },
    20_000,
  );

  test("a syntax error points at the expression and the character", async () => {
    expect(await evaluate("a[")).toMatchObject({
      error: { code: "INVALID_INPUT", data: { faults: [{ pointer: "/expression" }] } },
    });
    expect(await evaluate("a ++ b")).toMatchObject(invalid(expect.stringContaining("at character")));
    expect(await evaluate("(".repeat(60_000))).toMatchObject(invalid());
  });

  test("data is not changed and prototypes are not reached", async () => {
    const data = { a: [3, 1, 2] };
    expect(await evaluate("$sort(a)", data)).toEqual(success([1, 2, 3]));
    expect(data).toEqual({ a: [3, 1, 2] });
    expect(await evaluate("a.constructor", data)).toEqual(success(null));
    expect(await evaluate('{"__proto__": {"polluted": true}}')).toMatchObject({ kind: "success" });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("openai", () => {
  const messages = [{ role: "user", content: "hi" }];
  let close: (() => void) | undefined;
  afterEach(() => close?.());

  async function model(status: number, body: string, headers: Record<string, string> = {}) {
    const seen: { path: string | undefined; authorization: string | undefined; key: unknown; body: Json }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { authorization } = request.headers;
        seen.push({
          path: request.url,
          authorization,
          key: request.headers["idempotency-key"],
          body: JSON.parse(Buffer.concat(chunks).toString()),
        });
        response.writeHead(status, headers).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    close = () => void server.close();
    return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/` };
  }
  const answer = JSON.stringify({ choices: [{ message: { role: "assistant", content: "hello" } }] });

  test("asks the configured API with its key and the defaults", async () => {
    const { seen, baseUrl } = await model(200, answer);
    expect(await execute("/openai", { messages }, { openAi: { baseUrl, apiKey: "k" } })).toEqual(
      success({ response: "hello" }),
    );
    expect(seen).toEqual([
      {
        path: "/v1/chat/completions",
        authorization: "Bearer k",
        key: "task-1:0",
        body: { model: "gpt-3.5-turbo", messages },
      },
    ]);
  });

  test("honours model, max_tokens, temperature, base_url and api_key", async () => {
    const { seen, baseUrl } = await model(200, answer);
    await execute("/openai", {
      messages,
      model: "m",
      max_tokens: 5,
      temperature: 0,
      base_url: baseUrl,
      api_key: "own",
    });
    expect(seen).toMatchObject([{ authorization: "Bearer own", body: { model: "m", max_tokens: 5, temperature: 0 } }]);
  });

  test("never sends the configured key to an address that the flow names", async () => {
    const { seen, baseUrl } = await model(200, answer);
    const outcome = await execute("/openai", { messages, base_url: baseUrl }, { openAi: { apiKey: "secret" } });
    expect(outcome).toMatchObject(invalid(expect.stringContaining("only ever sent to the configured base URL")));
    expect(seen).toEqual([]);
  });

  test.each<[number, Record<string, string>, string, object]>([
    [429, { "retry-after": "3" }, "RESOURCE_UNAVAILABLE", { retryAfterMs: 3000 }],
    [500, {}, "RESOURCE_UNAVAILABLE", {}],
    [503, {}, "RESOURCE_UNAVAILABLE", {}],
    [400, {}, "INVALID_INPUT", {}],
    [401, {}, "COMPONENT_FAILED", {}],
    [404, {}, "COMPONENT_FAILED", {}],
    [302, { location: "http://elsewhere.example" }, "COMPONENT_FAILED", {}],
  ])("HTTP %i with %j is %s", async (status, headers, code, more) => {
    const { baseUrl } = await model(status, JSON.stringify({ error: { message: "the model says" } }), headers);
    const outcome = await execute("/openai", { messages, base_url: baseUrl, api_key: "k" });
    expect(outcome).toMatchObject({
      kind: "failed",
      error: { code, message: expect.stringContaining(`answered ${status}: the model says`) },
      ...more,
    });
  });

  test.each(["nonsense", "{}", '{"choices":[]}', '{"choices":[{"message":{"content":null}}]}'])(
    "the answer %s has no text",
    async (body) => {
      const { baseUrl } = await model(200, body);
      expect(await execute("/openai", { messages, base_url: baseUrl, api_key: "k" })).toMatchObject({
        error: { code: "COMPONENT_FAILED" },
      });
    },
  );

  test("nobody there is UNREACHABLE; wrong input and no key are INVALID_INPUT", async () => {
    const base_url = "http://127.0.0.1:9";
    expect(await execute("/openai", { messages, base_url, api_key: "k" })).toMatchObject({
      error: { code: "UNREACHABLE" },
    });
    expect(await execute("/openai", { messages })).toMatchObject(
      invalid(expect.stringContaining("OPENAI_API_KEY is not set")),
    );
    expect(await execute("/openai", { messages: [{ role: "bot", content: 1 }] })).toMatchObject({
      error: {
        code: "INVALID_INPUT",
        data: {
          faults: expect.arrayContaining([
            expect.objectContaining({ pointer: "/messages/0/role" }),
            expect.objectContaining({ pointer: "/messages/0/content" }),
          ]),
        },
      },
    });
  });

  test("a cancelled call is CANCELLED", async () => {
    const controller = new AbortController();
    controller.abort();
    const outcome = await execute("/openai", { messages, api_key: "k" }, { signal: controller.signal });
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "CANCELLED" } });
  });
});

test("an unknown builtin, one that the engine carries out, and a store that breaks", async () => {
  expect(await execute("/nope", {})).toMatchObject({ error: { code: "COMPONENT_NOT_FOUND" } });
  expect(await execute("/sleep", {})).toMatchObject({ error: { code: "COMPONENT_NOT_FOUND" } });
  const broken = Object.assign(new MemoryBlobStore(), {
    put: () => Promise.reject(new Error("outer", { cause: new Error("inner") })),
  });
  const outcome = await new BuiltinTransport({ blobs: broken, fetch, timers, openAi: {} }).execute(
    attemptCall({ componentId: "/put_blob", input: { data: 1 } }),
    never,
  );
  expect(outcome).toEqual({ kind: "crashed", attachments: [], causes: ["outer", "inner"] });
  expect(timers.pending).toBe(0);
});
