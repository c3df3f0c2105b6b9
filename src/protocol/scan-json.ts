/**
 * Walks over JSON text token by token and names what it meets with offsets: what `JSON.parse` does not tell (duplicate keys,
 * how a number was written, where an error is). Iterative: no depth of nesting can overflow the stack.
 */
export interface JsonVisitor {
  /** An array or object opens. */
  open?(kind: "array" | "object", offset: number): void;
  close?(): void;
  /** `text` is the key, decoded. */
  key?(text: string, offset: number): void;
  /** A string, number, `true`, `false` or `null`; `source` as written. */
  scalar?(source: string, offset: number): void;
}
export interface JsonSyntaxError {
  readonly message: string;
  readonly offset: number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** Walks over `text`; the first syntax error ends it. */
export function scanJson(text: string, visitor: JsonVisitor): JsonSyntaxError | undefined {
  const open: ("array" | "object")[] = [];
  let at = match(SPACE, text, 0);
  let expects: "value" | "key" | "key or }" | "value or ]" | "after" = "value";
  for (;;) {
    const char = text[at];
    if (expects === "after") {
      const kind = open.at(-1);
      if (kind === undefined)
        return char === undefined ? undefined : { message: "Expected the end of the text", offset: at };
      const end = kind === "array" ? "]" : "}";
      if (char === ",") {
        expects = kind === "array" ? "value" : "key";
        at++;
      } else if (char === end) {
        at = close(at);
      } else {
        return { message: `Expected ',' or '${end}'`, offset: at };
      }
    } else if (expects === "key" || expects === "key or }") {
      if (expects === "key or }" && char === "}") {
        at = close(at);
      } else {
        if (char !== '"')
          return {
            message: char === "}" ? "Expected another key after ','" : "Expected a key in double quotes",
            offset: at,
          };
        const end = stringEnd(text, at);
        if (typeof end !== "number") return end;
        visitor.key?.(JSON.parse(text.slice(at, end)), at);
        at = match(SPACE, text, end);
        if (text[at] !== ":") return { message: "Expected ':' after the key", offset: at };
        at++;
        expects = "value";
      }
    } else if (expects === "value or ]" && char === "]") {
      at = close(at);
    } else if (char === "[" || char === "{") {
      const kind = char === "[" ? "array" : "object";
      open.push(kind);
      visitor.open?.(kind, at);
      expects = kind === "array" ? "value or ]" : "key or }";
      at++;
    } else {
      const end = scalarEnd(text, at);
      if (typeof end !== "number") return end;
      visitor.scalar?.(text.slice(at, end), at);
      expects = "after";
      at = end;
    }
    at = match(SPACE, text, at);
  }

  function close(offset: number): number {
    open.pop();
    visitor.close?.();
    expects = "after";
    return offset + 1;
  }
}

function scalarEnd(text: string, at: number): number | JsonSyntaxError {
  if (text[at] === '"') return stringEnd(text, at);
  const end = Math.max(match(NUMBER, text, at), match(WORD, text, at));
  if (end > at) return end;
  return { message: at >= text.length ? "The text ends where a value is expected" : "Expected a value", offset: at };
}

function stringEnd(text: string, start: number): number | JsonSyntaxError {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20)
      return { message: "A line break or control character stands inside a string; write it as an escape", offset: at };
    if (code === 0x5c) {
      const end = match(ESCAPE, text, at + 1);
      if (end === at + 1) return { message: "Unknown escape in a string", offset: at };
      at = end - 1;
    }
  }
  return { message: "A string is not closed", offset: start };
}

/** Where the match of a sticky pattern at `at` ends; `at` if there is none. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
