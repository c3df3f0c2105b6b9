import type { InlineBuiltin } from "./builtin.ts";

export const noop: InlineBuiltin = {
  kind: "inline",
  info: { component: "/noop", description: "Gives its input back unchanged." },
  execute: (input) => ({ kind: "success", value: { kind: "inline", json: input } }),
};
