import { parseJson } from "../../protocol/parse-json.ts";
import { apiErrorOf } from "./stepflow-api-error.ts";

export interface ClientOptions {
  /** Instead of the global one: a service binding's, say. */
  readonly fetch?: typeof fetch;
}

/** A list becomes the same key several times; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface ApiRequest {
  readonly query?: object | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Requests below `/api/v1` of one orchestrator. */
export class ApiRequests {
  /** Ends in `/api/v1`. */
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;

  constructor(url: string, token: string | undefined, options: ClientOptions) {
    this.base = `${url.replace(/\/+$/, "").replace(/\/api\/v1$/, "")}/api/v1`;
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // `fetch` minds what it is called on.
    this.fetch = options.fetch ?? ((...args) => fetch(...args));
  }

  /** The answer of a success; throws a StepflowApiError for any other. */
  async send(method: string, path: string, request: ApiRequest = {}): Promise<Response> {
    const url = new URL(this.base + path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value])
        url.searchParams.append(name, String(one));
    }
    const response = await this.fetch(url.href, {
      method,
      headers: {
        accept: "application/json",
        ...this.headers,
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    if (!response.ok) throw await apiErrorOf(response, `${method} ${path}`);
    return response;
  }

  /** The JSON of a success; numbers that a double cannot hold are refused. */
  async json<T>(method: string, path: string, request: ApiRequest = {}): Promise<T> {
    const response = await this.send(method, path, request);
    const parsed = parseJson(await response.text(), { wellFormed: false, maxDepth: 1_000 });
    if (parsed.kind === "invalid") throw new Error(`${method} ${path}: the answer cannot be read: ${parsed.message}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API answers as its OpenAPI document says
    return parsed.json as T;
  }

  /** Every entry of a paged list, page by page. */
  async *pages<Page extends { readonly nextCursor?: string | undefined }>(
    path: string,
    query: object = {},
  ): AsyncGenerator<Page> {
    let cursor: string | undefined;
    do {
      const page = await this.json<Page>("GET", path, { query: { ...query, cursor } });
      yield page;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
}
