/** Takes secrets out of what is shown: wherever one occurs in a text, as it is or encoded, `[REDACTED]` stands instead. */
import type { Json } from "../../protocol/json.ts";
import { encodingsOf } from "./encodings.ts";
import { isObject, REDACTED } from "./marks.ts";

/** A shorter text is taken out only where its schema marks it: it would be found everywhere. */
const MIN_SECRET_LENGTH = 4;
/** Characters of a secret that is cut off (at the end of a text, or before "…") from which on it is taken out all the same. */
const MIN_CUT_LENGTH = 8;

export interface Redactor {
  text(text: string): string;
  /** Names of members too. */
  json(json: Json): Json;
}

/** Of a run with more secrets than can be looked for: shows no text at all. */
export const REDACT_ALL: Redactor = redactorOf(() => REDACTED);

export function redactorFor(secrets: Iterable<string>): Redactor {
  const forms = new Map<string, string[]>();
  for (const secret of secrets) {
    for (const form of encodingsOf(secret, MIN_SECRET_LENGTH)) {
      const head = form.slice(0, MIN_SECRET_LENGTH);
      const same = forms.get(head);
      if (same) same.push(form);
      else forms.set(head, [form]);
    }
  }
  for (const [head, same] of forms)
    forms.set(
      head,
      [...new Set(same)].sort((a, b) => b.length - a.length),
    );
  const firsts = new Set(Array.from(forms.keys(), (head) => head.charCodeAt(0)));
  return redactorOf((text) => redactText(text, firsts, forms));
}

/** The texts in a secret value that are looked for elsewhere. */
export function secretTexts(secret: Json): string[] {
  if (typeof secret === "string") return secret.length < MIN_SECRET_LENGTH ? [] : [secret];
  if (typeof secret !== "object" || secret === null) return [];
  return Object.values(secret).flatMap(secretTexts);
}

function redactorOf(text: (text: string) => string): Redactor {
  const json = (value: Json): Json => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map(json);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [text(name), json(child)]));
  };
  return { text, json };
}

function redactText(text: string, firsts: ReadonlySet<number>, forms: ReadonlyMap<string, readonly string[]>): string {
  let shown = "";
  /** Up to here the text is in `shown`, or in a secret that is not closed yet. */
  let done = 0;
  let secretEnd = 0;
  for (let at = 0; at <= text.length - MIN_SECRET_LENGTH; at++) {
    if (!firsts.has(text.charCodeAt(at))) continue;
    const candidates = forms.get(text.slice(at, at + MIN_SECRET_LENGTH));
    const length = candidates ? lengthAt(text, at, candidates) : 0;
    if (length === 0) continue;
    if (at >= secretEnd) {
      shown += text.slice(done, at) + REDACTED;
    }
    secretEnd = Math.max(secretEnd, at + length);
    done = secretEnd;
  }
  return done === 0 ? text : shown + text.slice(done);
}

/** How much of the text from `at` on is a secret; longest candidates first. */
function lengthAt(text: string, at: number, candidates: readonly string[]): number {
  let cut = 0;
  for (const form of candidates) {
    if (text.startsWith(form, at)) return Math.max(form.length, cut);
    cut = Math.max(cut, cutLength(text, at, form));
  }
  return cut;
}

function cutLength(text: string, at: number, form: string): number {
  let length = MIN_SECRET_LENGTH;
  while (length < form.length && at + length < text.length && text[at + length] === form[length]) length++;
  if (length < MIN_CUT_LENGTH) return 0;
  const end = at + length;
  return end === text.length || text[end] === "…" || text.startsWith("...", end) ? length : 0;
}
