import { defineComponent, success } from "../component.ts";
import { array, choice, integer, object, record, string, withDefault } from "../schema.ts";

const KINDS = ["url", "email", "iban", "card", "phone", "ip"] as const;
type Kind = (typeof KINDS)[number];

interface Detector {
  readonly kind: Kind;
  /** Every repetition is bounded, so that no text makes the search slow. */
  readonly pattern: RegExp;
  /** How much of what the pattern found really is one, from its start; 0: it is none. */
  readonly extent: (match: string) => number;
}

/** In order of precedence: where two overlap the earlier kind wins. */
const DETECTORS: readonly Detector[] = [
  { kind: "url", pattern: /\bhttps?:\/\/[^\s<>"'“”]{1,2000}[^\s<>"'“”.,;:!?)\]}]/giu, extent: whole },
  {
    kind: "email",
    pattern: /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}\b/gu,
    extent: whole,
  },
  { kind: "iban", pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, extent: ibanExtent },
  {
    kind: "card",
    pattern: /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])/g,
    extent: (match) => (isCardNumber(match) ? match.length : 0),
  },
  {
    kind: "ip",
    pattern: /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]?\d)/g,
    extent: (match) => (match.split(".").every((part) => Number(part) < 256) ? match.length : 0),
  },
  {
    kind: "phone",
    pattern: /(?<![\p{L}\d.])(?:\+\d{1,3}|\(\d{2,5}\)|0\d)(?:[ ./()-]{0,2}\d){5,14}(?![\d.]?\d)/gu,
    extent: (match) => (isPhoneNumber(match) ? match.length : 0),
  },
];

export const redact = defineComponent({
  name: "redact",
  description:
    "Replaces what identifies people: URLs, e-mail addresses, IBANs, card numbers (both checksummed), phone and IP numbers.",
  input: object({
    text: string(),
    kinds: withDefault(array(choice(KINDS), { description: "What to look for" }), KINDS),
    replacement: withDefault(string({ description: "{kind} stands for what was found" }), "[{kind}]"),
  }),
  output: object({
    text: string(),
    redactions: array(object({ kind: choice(KINDS), start: integer(), end: integer() }), {
      description: "Where in the original text; the values themselves are not repeated",
    }),
    counts: record(integer()),
  }),
  run({ text, kinds, replacement }) {
    const found = findings(text, new Set(kinds));
    let redacted = "";
    let kept = 0;
    const counts = new Map<Kind, number>();
    for (const { kind, start, end } of found) {
      redacted += text.slice(kept, start) + replacement.replaceAll("{kind}", kind);
      kept = end;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return success({ text: redacted + text.slice(kept), redactions: found, counts: Object.fromEntries(counts) });
  },
});

/** In order of the text, none overlapping another. */
function findings(text: string, kinds: ReadonlySet<Kind>): { kind: Kind; start: number; end: number }[] {
  const taken: { kind: Kind; start: number; end: number }[] = [];
  for (const { kind, pattern, extent } of DETECTORS) {
    if (!kinds.has(kind)) continue;
    const covered = [...taken].sort((a, b) => a.start - b.start);
    let next = 0;
    for (const { index, 0: match } of text.matchAll(pattern)) {
      const end = index + extent(match);
      while (next < covered.length && (covered[next]?.end ?? 0) <= index) next += 1;
      if (end > index && (covered[next]?.start ?? Number.POSITIVE_INFINITY) >= end)
        taken.push({ kind, start: index, end });
    }
  }
  return taken.sort((a, b) => a.start - b.start);
}

function whole(match: string): number {
  return match.length;
}

/** The pattern may have run on into the capitals of the next words: the longest valid beginning counts. */
function ibanExtent(match: string): number {
  for (let end = match.length; end >= 15; end = match.lastIndexOf(" ", end - 1)) {
    if (isIban(match.slice(0, end))) return end;
  }
  return 0;
}

/** ISO 7064 mod 97-10. */
function isIban(match: string): boolean {
  const compact = match.replaceAll(" ", "");
  if (compact.length < 15 || compact.length > 34) return false;
  let remainder = 0;
  for (const sign of compact.slice(4) + compact.slice(0, 4)) {
    for (const digit of String(Number.parseInt(sign, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder === 1;
}

/** Luhn's checksum. */
function isCardNumber(match: string): boolean {
  const digits = match.replace(/\D/g, "");
  let sum = 0;
  for (const [position, digit] of digits.split("").reverse().entries()) {
    const weighted = Number(digit) * (position % 2 === 0 ? 1 : 2);
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0 && !/^(\d)\1+$/.test(digits);
}

/** Seven digits or more, and not a date. */
function isPhoneNumber(match: string): boolean {
  const digits = match.replace(/\D/g, "").length;
  return digits >= 7 && !/^\d{1,2}[./]\d{1,2}[./]\d{2,4}$/.test(match);
}
