/** What bounds a trigger: it starts nothing that whoever puts it, or delivers to it by hand, could not start (TRIG-7). */
import type { Caller } from "../auth/caller.ts";
import type { Flow } from "../core/flow/index.ts";
import { forbiddenComponent } from "../core/run/component-bounds.ts";
import type { TriggerDocument } from "../protocol/api/trigger.ts";
import { ApiError } from "./api-error.ts";
import { refusalOf } from "./run-fault.ts";

/** The document with its maker's bound, or the part of it that it names itself. Throws when it names more. */
export function boundBy({ allowComponents: allowed }: Caller, document: TriggerDocument): TriggerDocument {
  if (!allowed) return document;
  const { allowComponents = [...allowed] } = document;
  const index = allowComponents.findIndex((pattern) => !allowed.includes(pattern));
  if (index < 0) return { ...document, allowComponents };
  const known = allowed.map((pattern) => `"${pattern}"`).join(", ");
  const message = `You cannot make a trigger for the components "${allowComponents[index]}": your token is for ${known}.`;
  throw new ApiError("FORBIDDEN", message, {
    details: { faults: [{ pointer: `/allowComponents/${index}`, message }] },
  });
}

/** Throws, as for a submission, when the flow of a trigger names what its runs may not. */
export function refuseForbiddenFlow({ name, allowComponents }: Bounded, flow: Flow): void {
  const found = allowComponents && forbiddenComponent(flow, [allowComponents]);
  if (!found) return;
  const { message, pointer } = found;
  throw refusalOf({ kind: "forbidden", message, faults: [{ pointer, message }] }, name);
}

/** Throws when runs of the trigger may name what the caller may not. */
export function refuseWiderTrigger({ allowComponents: allowed }: Caller, { name, allowComponents }: Bounded): void {
  if (!allowed || allowComponents?.every((pattern) => allowed.includes(pattern))) return;
  const known = allowed.map((pattern) => `"${pattern}"`).join(", ") || "none";
  const message = `Runs of the trigger "${name}" may name components that your token may not: it is for ${known}.`;
  throw new ApiError("FORBIDDEN", message);
}

interface Bounded extends Pick<TriggerDocument, "allowComponents"> {
  /** The trigger's. */
  readonly name: string;
}
