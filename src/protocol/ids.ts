/**
 * Branded identifiers. A brand exists only in the type system: at run time each is a plain string.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** UUID; the low 24 bits are the ordinal of the run inside its tree (0 = the root). See core/run/run-id. */
export type RunId = Branded<"RunId">;
/** The id a flow document gives a step; unique in its flow. */
export type StepId = Branded<"StepId">;
/** 64 lower-case hex digits: SHA-256 of the stored bytes. */
export type BlobId = Branded<"BlobId">;
/** The blob id of a flow's canonical bytes. */
export type FlowId = BlobId;
/** Names one execution of one step of one item; stable over retries and recovery. */
export type TaskId = Branded<"TaskId">;
/** Whose runs, flows and blobs: `default`, or what a caller's token says. Lower-case letters, digits and hyphens. */
export type Namespace = Branded<"Namespace">;
