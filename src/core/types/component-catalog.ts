import type { Json } from "../../protocol/json.ts";

/** What the type checker asks about components. */
export interface ComponentCatalog {
  /** By the path that a flow writes. */
  find(path: string): CatalogEntry;
}

export type CatalogEntry =
  /** A schema that is absent is Any. */
  | { readonly kind: "known"; readonly inputSchema?: Json; readonly outputSchema?: Json }
  /** `reason`: one sentence; `hint`: what to do about it. */
  | { readonly kind: "unknown"; readonly reason: string; readonly hint: string };
