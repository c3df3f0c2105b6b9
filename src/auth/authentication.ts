import type { Caller } from "./caller.ts";

/** What became of the credentials of a request. */
export type Authentication =
  | { readonly kind: "known"; readonly caller: Caller }
  /** `given`: there were credentials, and they are not good. */
  | { readonly kind: "unauthenticated"; readonly given: boolean; readonly reason: string }
  | { readonly kind: "refused"; readonly status: "UNAVAILABLE" | "FORBIDDEN"; readonly reason: string };
