import type { Flow, FlowExample } from "./flow.ts";

/** The flow's examples, then its test cases as examples, except those whose name is taken. */
export function allExamples(flow: Flow): readonly FlowExample[] {
  const examples = [...(flow.examples ?? [])];
  const names = new Set(examples.map(({ name }) => name));
  for (const { name, description, input } of flow.test?.cases ?? []) {
    if (names.has(name)) continue;
    names.add(name);
    examples.push({ name, ...(description !== undefined && { description }), input });
  }
  return examples;
}
