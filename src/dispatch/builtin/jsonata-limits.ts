/**
 * Keeps a JSONata evaluation pure and bounded. The platform's clock stands still while code computes, so the bounds are counts:
 * evaluations, depth, lengths. The same expression on the same data gives the same result or the same refusal anywhere.
 */
import type { Expression, JsonataOptions } from "jsonata";

const MAX_EVALUATIONS = 500_000;
const MAX_DEPTH = 200;
const MAX_SEQUENCE = 100_000;
const MAX_TEXT = 4 * 1024 * 1024;
/** What a regular expression may be matched against: even a clumsy one ends soon on that. */
const MAX_MATCHED_TEXT = 100_000;

/** Thrown out of an evaluation; its message tells the flow's author which bound was met. */
export class JsonataLimitError extends Error {}

const IMPURE = ["now", "millis", "random", "shuffle", "eval"];

/** A quantified group that itself repeats or branches, or a back reference: what makes matching explode. */
const EXPLOSIVE = /\([^()]*(?:[*+|]|\{\d+,\d*\})[^()]*\)\s*(?:[*+]|\{\d+,\d*\})|\\[1-9]|\\k</;

class BoundedRegExp extends RegExp {
  constructor(pattern: RegExp | string, flags?: string) {
    super(pattern, flags);
    if (EXPLOSIVE.test(this.source) || /\)[*+{]/.test(this.source.replace(/\([^()]*\)/g, "x"))) {
      throw new JsonataLimitError(
        `the regular expression /${this.source}/ repeats a group that repeats or branches: write it without nesting`,
      );
    }
  }

  override exec(text: string): RegExpExecArray | null {
    if (text.length > MAX_MATCHED_TEXT) {
      throw new JsonataLimitError(
        `regular expressions are matched against at most ${MAX_MATCHED_TEXT} characters, not ${text.length}`,
      );
    }
    return super.exec(text);
  }
}

export const limitedOptions: JsonataOptions = {
  stack: MAX_DEPTH,
  sequence: MAX_SEQUENCE,
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library only ever calls it with `new`
  RegexEngine: BoundedRegExp as RegExpConstructor,
};

/** Takes clock, randomness and `$eval` away from an expression and counts what it does. */
export function limit(expression: Expression): void {
  for (const name of IMPURE) {
    expression.registerFunction(name, () => {
      throw new JsonataLimitError(`$${name} is not available: the result of a step depends on its input alone`);
    });
  }
  let evaluations = 0;
  // These two hooks are how JSONata lets a host watch an evaluation.
  assignHook(expression, "jsonata.__evaluate_entry", (_node, _input, environment) => {
    // $toMillis fills in what a picture leaves out from the clock: the epoch instead.
    environment.base.timestamp = EPOCH;
    if (++evaluations > MAX_EVALUATIONS)
      throw new JsonataLimitError(`the expression takes more than ${MAX_EVALUATIONS} evaluations`);
  });
  assignHook(expression, "jsonata.__evaluate_exit", (_node, _input, _environment, result) => {
    if (typeof result === "string" && result.length > MAX_TEXT) {
      throw new JsonataLimitError(`the expression builds a text of more than ${MAX_TEXT} characters`);
    }
  });
  expression.registerFunction("pad", pad, "<s-ns?:s>");
}

const EPOCH = new Date(0);

type Hook = (
  node: unknown,
  input: unknown,
  environment: { readonly base: { timestamp: Date } },
  result?: unknown,
) => void;

function assignHook(expression: Expression, name: string, hook: Hook): void {
  // The declaration knows texts only; the library looks hooks up by symbol.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  expression.assign(Symbol.for(name) as unknown as string, hook);
}

/** `$pad` of the library, which would allocate any width asked for. A negative width pads on the left. */
function pad(text: string | undefined, width: number, filler = " "): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > MAX_TEXT)
    throw new JsonataLimitError(`$pad makes at most ${MAX_TEXT} characters, not ${Math.abs(width)}`);
  const missing = Math.abs(width) - Array.from(text).length;
  if (missing <= 0) return text;
  const characters = Array.from(filler === "" ? " " : filler);
  const padding = Array.from({ length: missing }, (_, index) => characters[index % characters.length] ?? "").join("");
  return width < 0 ? padding + text : text + padding;
}
