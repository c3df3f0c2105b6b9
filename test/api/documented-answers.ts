import { Validator } from "@cfworker/json-schema";

interface Documented {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, DocumentedResponse> }>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}
interface DocumentedResponse {
  readonly content?: Record<string, { readonly schema: object }>;
}

/** Compares answers with the OpenAPI document: status, fields and types, and that no field is left undocumented. */
export class DocumentedAnswers {
  readonly #document: Documented;

  constructor(document: unknown) {
    this.#document = closed(document) as Documented;
  }

  /** Throws when the answer is not what the document says. Paths outside the API are not looked at. */
  check(method: string, path: string, status: number, body: unknown): void {
    const template = Object.keys(this.#document.paths).find((candidate) =>
      new RegExp(`^${candidate.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
    );
    const operation = template && this.#document.paths[template]?.[method.toLowerCase()];
    if (!operation) return;
    const response = operation.responses[status] ?? (status >= 400 ? operation.responses["default"] : undefined);
    if (!response) throw new Error(`${method} ${template} answered ${status}, which is not documented`);
    const schema = response.content?.["application/json"]?.schema;
    if (!schema) {
      if (body !== undefined)
        throw new Error(`${method} ${template} answered a body with ${status}, which is not documented`);
      return;
    }
    // Beside the fields of any answer there may be warnings about the request, as the document says of all of them.
    if (typeof body === "object" && body !== null && "warnings" in body) {
      const { warnings, ...rest } = body;
      body = rest;
      const faults = {
        type: "array",
        items: { $ref: "#/components/schemas/RequestFault" },
        components: this.#document.components,
      };
      if (!new Validator(faults as object).validate(warnings).valid)
        throw new Error(`odd warnings: ${JSON.stringify(warnings)}`);
    }
    const { errors } = new Validator({ ...schema, components: this.#document.components }).validate(body);
    if (errors.length > 0) {
      throw new Error(
        `${method} ${template} ${status} is not as documented: ${JSON.stringify(errors)}\n${JSON.stringify(body)}`,
      );
    }
  }
}

/** Forbids, in every object schema that lists its properties, all others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return copy["type"] === "object" && "properties" in copy ? { additionalProperties: false, ...copy } : copy;
}
