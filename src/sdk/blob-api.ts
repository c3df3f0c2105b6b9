/** The blob HTTP API, as workers are told of it by `initialize` and as it is part of the REST API. Nothing is kept. */
import type { Json, JsonObject } from "../protocol/json.ts";
import { parseJson } from "../protocol/parse-json.ts";

export interface BlobApiOptions {
  /** Absolute, without a slash at its end. User and password in it become an Authorization header. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Makes the error that is thrown for an answer that is no success. */
  readonly failure: (response: Response, what: string) => Promise<Error>;
}

const BINARY = "application/octet-stream";

export class BlobApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #options: BlobApiOptions;

  constructor(options: BlobApiOptions) {
    const url = new URL(options.url);
    const { username, password } = url;
    url.username = "";
    url.password = "";
    this.#url = url.href.replace(/\/$/, "");
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#headers = {
      ...options.headers,
      ...(username === "" && password === "" ? {} : { authorization: `Basic ${btoa(credentials)}` }),
    };
    this.#options = options;
  }

  async put(data: Json, blobType: "data" | "flow"): Promise<string> {
    return this.#store(JSON.stringify({ data, blobType }), { "content-type": "application/json" });
  }

  async putBytes(bytes: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>, filename?: string): Promise<string> {
    return this.#store(bytes, {
      "content-type": BINARY,
      ...(filename === undefined ? {} : { "x-blob-filename": encodeURIComponent(filename) }),
    });
  }

  /** The value of a `data` or `flow` blob; numbers that a double cannot hold are refused. */
  async get(blobId: string): Promise<Json> {
    const response = await this.#request(`/${encodeURIComponent(blobId)}`, { headers: { accept: "application/json" } });
    const { data } = await readObject(response, `blob ${blobId}`);
    return data ?? null;
  }

  /** The stored bytes, as they come. */
  async stream(blobId: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const response = await this.#request(`/${encodeURIComponent(blobId)}`, { headers: { accept: BINARY } });
    return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  async #store(
    body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
    headers: Record<string, string>,
  ): Promise<string> {
    // Node sends a stream only when told that it need not be read to its end before the answer.
    const init: RequestInit & { duplex?: "half" } = { method: "POST", headers, body };
    if (body instanceof ReadableStream) init.duplex = "half";
    const response = await this.#request("", init);
    const { blobId } = await readObject(response, "a stored blob");
    if (typeof blobId !== "string") throw new Error("the answer to a stored blob has no blobId");
    return blobId;
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const { fetch: send = fetch, signal, failure } = this.#options;
    const headers = { ...this.#headers, ...Object.fromEntries(new Headers(init.headers)) };
    const response = await send(this.#url + path, { ...init, headers, ...(signal ? { signal } : {}) });
    if (!response.ok) throw await failure(response, path === "" ? "storing a blob" : `blob ${path.slice(1)}`);
    return response;
  }
}

async function readObject(response: Response, what: string): Promise<JsonObject> {
  const parsed = parseJson(await response.text(), { wellFormed: false, maxDepth: 1_000 });
  if (parsed.kind === "invalid") throw new Error(`the answer for ${what} cannot be read: ${parsed.message}`);
  const { json } = parsed;
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error(`no object came for ${what}`);
  return json;
}
