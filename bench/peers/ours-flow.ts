import { assertNever } from "../../src/protocol/assert-never.ts";
import type { Work } from "../work.ts";

interface FlowDocument {
  readonly name: string;
  readonly steps: readonly { readonly id: string; readonly component: string; readonly input: unknown }[];
  readonly output: unknown;
}

/** The work as a flow. An item's input is `{ n: 0 }`; a noop hands it on, the HTTP component counts it up. */
export function flowFor(work: Work): FlowDocument {
  switch (work.kind) {
    case "chain":
      return chain(work.steps, work.step === "http" ? "/bench/count" : "/builtin/noop");
    case "fan_out":
      return fan(work.steps);
    case "one_step":
    case "batch":
      return chain(1, "/builtin/noop");
    default:
      return assertNever(work);
  }
}

function chain(steps: number, component: string): FlowDocument {
  return {
    name: "chain",
    steps: Array.from({ length: steps }, (_, index) => ({
      id: `s${index}`,
      component,
      input: index === 0 ? { $input: "$" } : { $step: `s${index - 1}` },
    })),
    output: { $step: `s${steps - 1}` },
  };
}

function fan(steps: number): FlowDocument {
  const ids = Array.from({ length: steps }, (_, index) => `s${index}`);
  return {
    name: "fan-out",
    steps: ids.map((id, index) => ({ id, component: "/bench/count", input: { n: index } })),
    output: ids.map((id) => ({ $step: id })),
  };
}
