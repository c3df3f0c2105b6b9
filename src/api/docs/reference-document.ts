/** The parts of an OpenAPI 3.1 document that the reference page shows. */
export interface ReferenceDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ReferenceOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, ReferenceSchema>> };
}

export interface ReferenceOperation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  /** One alternative each; empty: open to all. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly ReferenceParameter[];
  readonly requestBody?: { readonly content: ReferenceContent };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: ReferenceContent }>>;
}

interface ReferenceParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: ReferenceSchema;
}

export type ReferenceContent = Readonly<Record<string, { readonly schema: ReferenceSchema }>>;

export interface ReferenceSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ReferenceSchema>>;
  readonly required?: readonly string[];
  readonly items?: ReferenceSchema;
  readonly additionalProperties?: boolean | ReferenceSchema;
  readonly oneOf?: readonly ReferenceSchema[];
  readonly allOf?: readonly ReferenceSchema[];
}

/** The scopes of which a caller needs one; none: open to all. */
export function neededScopes({ security = [] }: ReferenceOperation): readonly string[] {
  return [...new Set(security.flatMap((alternative) => Object.values(alternative).flat()))];
}

/** The name a `$ref` points at. */
export function referredName(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}
