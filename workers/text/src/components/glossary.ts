/** The vocabulary of workflows; terms are in lower case. */
export const GLOSSARY: readonly {
  readonly term: string;
  readonly definition: string;
  readonly see_also: readonly string[];
}[] = [
  {
    term: "flow",
    definition: "A document of steps: what is to be done with an input to get an output.",
    see_also: ["step", "run"],
  },
  {
    term: "step",
    definition: "One piece of work in a flow: a component and the expression that makes its input.",
    see_also: ["component"],
  },
  {
    term: "component",
    definition: "A named function that a worker offers, described by JSON Schemas.",
    see_also: ["worker"],
  },
  {
    term: "worker",
    definition: "A process or service that hosts components and speaks a worker protocol.",
    see_also: ["component", "queue"],
  },
  { term: "run", definition: "One execution of a flow over one or more items.", see_also: ["item", "journal"] },
  { term: "item", definition: "One input value of a run, with step results of its own.", see_also: ["run"] },
  {
    term: "task",
    definition: "One execution of one step for one item; it keeps its identity over retries.",
    see_also: ["attempt"],
  },
  { term: "attempt", definition: "One try at a task, numbered from 1.", see_also: ["task", "backoff"] },
  { term: "backoff", definition: "The growing pause between two attempts at a task.", see_also: ["attempt"] },
  { term: "journal", definition: "The append-only list of events that is the truth about a run.", see_also: ["run"] },
  { term: "blob", definition: "A value stored under the hash of its bytes.", see_also: [] },
  { term: "queue", definition: "A named list of tasks that pull workers lease.", see_also: ["lease", "worker"] },
  { term: "lease", definition: "A worker's right to a task for a limited time.", see_also: ["queue"] },
  { term: "trigger", definition: "What starts a run: a webhook, a schedule, a signal.", see_also: ["run"] },
];
