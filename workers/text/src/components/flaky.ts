import { defineComponent, failed, success } from "../component.ts";
import { anything, integer, object, optional, string, withDefault } from "../schema.ts";

export const flaky = defineComponent({
  name: "flaky",
  description:
    "For trying out failure handling: fails on the first `fail_times` attempts, then passes `value` on. Goes by the attempt number of the call alone and remembers nothing.",
  input: object({
    fail_times: withDefault(integer({ minimum: 0, maximum: 1_000 }), 1),
    key: withDefault(string({ description: "Named in the error message" }), "flaky"),
    value: optional(anything()),
  }),
  output: object({ attempt: integer(), key: string(), value: anything() }),
  run({ fail_times, key, value }, { attempt }) {
    return attempt <= fail_times
      ? failed(`${key} failed on attempt ${attempt} of ${fail_times} that fail`, { key, attempt, fail_times })
      : success({ attempt, key, value: value ?? null });
  },
});
