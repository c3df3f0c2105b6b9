/** Flows that need nothing but the builtins. */
export const echoFlow = {
  name: "echo",
  description: "Gives its input back.",
  schemas: { properties: { input: { type: "object", properties: { x: { type: "number" } }, required: ["x"] } } },
  steps: [{ id: "echo", component: "/builtin/noop", input: { x: { $input: "x" } } }],
  output: { $step: "echo" },
};

/** Ends only when it is cancelled. */
export const sleepingFlow = {
  name: "sleeping",
  steps: [{ id: "nap", component: "/builtin/sleep", input: { duration_ms: 3_600_000 } }],
  output: { $step: "nap" },
};

/** One sub-run. */
export const parentFlow = {
  name: "parent",
  steps: [
    {
      id: "child",
      component: "/builtin/eval",
      input: { flow: { $literal: { name: "child", steps: [], output: { $input: "$" } } }, input: { $input: "$" } },
    },
  ],
  output: { $step: "child" },
};
