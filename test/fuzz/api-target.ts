/** Every operation of the OpenAPI document, with parameters and bodies that fit more or less: never a 5xx, always an answer as documented. */
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import { DocumentedAnswers } from "../api/documented-answers.ts";
import { startOrchestrator } from "../api/local-orchestrator.ts";
import type { Prng } from "../simulation/prng.ts";
import { type FuzzTarget, must } from "./fuzz-target.ts";
import { hostileJson, mutateJson } from "./hostile-json.ts";
import { mutateText } from "./mutate-text.ts";
import { objectOf, resolve, sampleSchema } from "./schema-sample.ts";

const FLOW: JsonObject = {
  name: "fuzz",
  steps: [{ id: "a", component: "/builtin/noop", input: { $input: "$" } }],
  output: { $step: "a" },
};
const BASES = ["/compat/0.11/api/v1", "/compat/head/api/v1"];
const HOSTILE_SEGMENTS = [
  "%00",
  "%ff",
  "%2e%2e",
  "..%2f..",
  "a%2fb",
  "é",
  "x".repeat(2_000),
  "0",
  "null",
  "%",
  "{}",
  "%F0%9F%98%80",
];
/** An orchestrator that does not answer at all is found out. */
const PATIENCE_MS = 20_000;

/** Bodies that a schema alone hardly ever comes to. */
const GOOD_BODIES: Readonly<Record<string, (examples: Readonly<Record<string, readonly Json[]>>) => readonly Json[]>> =
  {
    "/api/v1/runs": ({ flowId = [] }) => [
      { flow: FLOW, input: { a: 1 } },
      { flow: FLOW, input: [{ a: 1 }, { a: [] }], variables: {}, maxConcurrency: 2 },
      { flowId: flowId[0] ?? "", input: null, overrides: {} },
    ],
    "/api/v1/flows": () => [
      { flow: FLOW },
      { flow: { ...FLOW, schemas: { properties: { input: { type: "object" } } } } },
    ],
  };

interface ApiOperation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly JsonObject[];
  readonly bodies: JsonObject;
}

interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Starts an orchestrator of its own, with a flow, a run and a blob in it, whose ids depend on their content alone. */
export async function startApiTarget(): Promise<FuzzTarget> {
  const api = await startOrchestrator({ STEPFLOW_SECRET: "of this test" });
  const document: JsonObject = JSON.parse(await (await api.request("/openapi.json")).text());
  const documented = new DocumentedAnswers(document);
  const stored = await api.call("POST", "/api/v1/flows", { flow: FLOW });
  const run = await api.call(
    "POST",
    "/api/v1/runs?wait=true",
    { flow: FLOW, input: { a: 1 } },
    { "idempotency-key": "fuzz" },
  );
  const blob = await api.call("POST", "/api/v1/blobs", { data: { a: 1 } });
  const examples: Record<string, readonly Json[]> = {
    flow: [FLOW],
    flowId: [stored.body?.flowId ?? run.body?.flowId ?? ""],
    runId: [run.body?.runId ?? ""],
    blobId: [blob.body?.blobId ?? ""],
    flowName: ["fuzz"],
    name: ["fuzz"],
    input: [{ a: 1 }, [{ a: 1 }], null],
    stepId: ["a"],
    // Waiting is what these are for: it would say nothing about time.
    timeoutSecs: [0, -1, 1e9, "soon"],
  };
  const operations = operationsOf(document);
  return {
    name: "api",
    // Everything happens in another process.
    baseline: async () => {
      await (await api.request("/api/v1/health")).text();
    },
    make(prng) {
      const request = makeRequest(prng, prng.pick(operations), document, examples);
      const send = async (): Promise<void> => {
        const { method, path, ...init } = request;
        const response = await api.request(path, {
          method,
          ...init,
          redirect: "manual",
          signal: AbortSignal.timeout(PATIENCE_MS),
        });
        checkAnswer(request, response, await response.text(), documented);
      };
      return { text: JSON.stringify(request), run: send };
    },
    close: () => api.dispose(),
  };
}

function operationsOf(document: JsonObject): readonly ApiOperation[] {
  return Object.entries(objectOf(document["paths"])).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).map(([method, operation]): ApiOperation => {
      const { parameters, requestBody } = objectOf(operation);
      const list = Array.isArray(parameters) ? parameters.map(objectOf) : [];
      const resolved = list.map((one) => (typeof one["$ref"] === "string" ? resolve(document, one["$ref"]) : one));
      return {
        method: method.toUpperCase(),
        path,
        parameters: resolved,
        bodies: objectOf(objectOf(requestBody)["content"]),
      };
    }),
  );
}

function makeRequest(
  prng: Prng,
  { method, path, parameters, bodies }: ApiOperation,
  document: JsonObject,
  examples: Readonly<Record<string, readonly Json[]>>,
): ApiRequest {
  const valueOf = (parameter: JsonObject): string => {
    const name = nameOf(parameter);
    const known = examples[name];
    // What the other requests look at stays there.
    if (known && prng.chance(method === "DELETE" ? 0 : 0.85)) return textOf(prng.pick(known));
    if (prng.chance(0.15)) return textOf(hostileJson(prng, Object.keys(examples), 1));
    return textOf(sampleSchema(prng, objectOf(parameter["schema"]), document, examples));
  };
  let url = path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const parameter of parameters) {
    const name = nameOf(parameter);
    if (parameter["in"] === "path") {
      const raw = valueOf(parameter);
      const segment = prng.chance(0.1) ? prng.pick(HOSTILE_SEGMENTS) : encodeURIComponent(raw.toWellFormed());
      url = url.replace(`{${name}}`, () => segment || "x");
    } else if (parameter["in"] === "query" && prng.chance(0.3) && name !== "wait") {
      query.append(prng.chance(0.9) ? name : snakeCase(name), valueOf(parameter));
      if (prng.chance(0.05)) query.append(name, valueOf(parameter));
    } else if (parameter["in"] === "header" && prng.chance(0.4)) {
      headers[name] = valueOf(parameter).replaceAll(/[^\x20-\x7e]/g, "?");
    }
  }
  if (prng.chance(0.05)) query.append(prng.pick(["x", "__proto__", "limit"]), "1");
  if (prng.chance(0.15)) url = url.replace("/api/v1", prng.pick(BASES));
  const search = query.size > 0 ? `?${query}` : "";
  const [type, media] = Object.entries(bodies).at(prng.between(0, 3) % Math.max(1, Object.keys(bodies).length)) ?? [];
  if (type === undefined || prng.chance(0.02)) return { method, path: url + search, headers };
  headers["content-type"] = prng.chance(0.95)
    ? type
    : prng.pick(["text/plain", "application/json;;", "x", "multipart/form-data; boundary=x"]);
  if (prng.chance(0.02)) headers["content-encoding"] = "gzip";
  const good = GOOD_BODIES[path];
  const sample =
    good && prng.chance(0.6)
      ? prng.pick(good(examples))
      : sampleSchema(prng, objectOf(objectOf(media)["schema"]), document, examples);
  return { method, path: url + search, headers, body: makeBody(prng, sample, Object.keys(examples)) };
}

function makeBody(prng: Prng, sample: Json, words: readonly string[]): string {
  switch (prng.weighted({ fitting: 3, mutated: 4, hostile: 1, text: 1.5 })) {
    case "fitting":
      return JSON.stringify(sample);
    case "mutated":
      return JSON.stringify(mutateJson(prng, sample, [...words, "steps", "id", "component", "output", "$step"], 0.12));
    case "hostile":
      return JSON.stringify(hostileJson(prng, words, 6));
    case "text":
      return mutateText(prng, JSON.stringify(sample), [
        '{"flow": {"steps": []}}',
        "--x\r\ncontent-disposition: form-data",
      ]);
  }
}

function checkAnswer(request: ApiRequest, response: Response, text: string, documented: DocumentedAnswers): void {
  const { status } = response;
  must(status < 500, `no fault of ours, but HTTP ${status}: ${text.slice(0, 500)}`);
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  const answer: unknown = isJson ? JSON.parse(text) : undefined;
  if (request.path.startsWith("/compat")) {
    if (status >= 400) must(isJson, `a refusal in JSON, but: ${text.slice(0, 200)}`);
    return;
  }
  if (status >= 400) {
    const { error } = (answer ?? {}) as { error?: { code?: number; message?: string; status?: string } };
    must(error?.code === status && !!error.message && !!error.status, `{error: …}, but: ${text.slice(0, 200)}`);
  }
  const { pathname } = new URL(request.path, "http://x");
  if (isJson || text === "") documented.check(request.method, pathname, status, answer);
}

function nameOf({ name }: JsonObject): string {
  return typeof name === "string" ? name : "";
}

function textOf(json: Json): string {
  return typeof json === "string" ? json : JSON.stringify(json);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
