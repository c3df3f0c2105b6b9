import type { ComponentInfo } from "../../protocol/component.ts";
import { approval } from "./approval.ts";
import type { Builtin } from "./builtin.ts";
import { createMessages } from "./create-messages.ts";
import { evalFlow } from "./eval.ts";
import { getBlob } from "./get-blob.ts";
import { iterate } from "./iterate.ts";
import { jsonata } from "./jsonata.ts";
import { loadFile } from "./load-file.ts";
import { mapFlow } from "./map.ts";
import { noop } from "./noop.ts";
import { openai } from "./openai.ts";
import { putBlob } from "./put-blob.ts";
import { sleep } from "./sleep.ts";
import { waitForEvent } from "./wait-for-event.ts";

const BUILTINS: readonly Builtin[] = [
  approval,
  createMessages,
  evalFlow,
  getBlob,
  iterate,
  jsonata,
  loadFile,
  mapFlow,
  noop,
  openai,
  putBlob,
  sleep,
  waitForEvent,
];
const BY_ID: ReadonlyMap<string, Builtin> = new Map(BUILTINS.map((builtin) => [builtin.info.component, builtin]));

/** The builtin of a component id such as `/eval`. */
export function findBuiltin(componentId: string): Builtin | undefined {
  return BY_ID.get(componentId);
}

/** All builtins, sorted by id. */
export function listBuiltins(): readonly ComponentInfo[] {
  return [...BY_ID.keys()].sort().flatMap((id) => BY_ID.get(id)?.info ?? []);
}
