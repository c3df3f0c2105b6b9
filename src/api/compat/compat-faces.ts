import type { ApiDeps } from "../api-deps.ts";
import type { FlowLibrary } from "../flow-library.ts";
import type { Operation } from "../operation.ts";
import type { CompatFace } from "./compat-face.ts";
import { head } from "./head/face.ts";
import { release011 } from "./release-0-11/face.ts";

/** The earlier releases that the API can be spoken to as. */
export function compatFaces(
  deps: ApiDeps,
  library: FlowLibrary,
  operations: readonly Operation[],
): readonly CompatFace[] {
  return [release011(deps, library, operations), head(deps, library, operations)];
}
