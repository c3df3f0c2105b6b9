/** How a text looks inside other texts: as it is, in JSON, in URLs, in base64. */

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Every form in which the text is looked for, itself included; none is shorter than `least` characters. */
export function encodingsOf(text: string, least: number): readonly string[] {
  const wellFormed = text.toWellFormed();
  const forms = new Set([text, ...jsonForms(text), ...percentForms(wellFormed), ...base64Forms(wellFormed)]);
  return Array.from(forms).filter(({ length }) => length >= least);
}

function jsonForms(text: string): string[] {
  const escaped = JSON.stringify(text).slice(1, -1);
  const ascii = escapeAll(escaped, (hex) => hex);
  const forms = [escaped, ascii, escapeAll(escaped, (hex) => hex.toUpperCase()), escaped.replaceAll("/", "\\/")];
  // JSON text inside of JSON text.
  return [...forms, ...forms.map((form) => JSON.stringify(form).slice(1, -1))];
}

function escapeAll(text: string, spell: (hex: string) => string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${spell(unit.charCodeAt(0).toString(16).padStart(4, "0"))}`);
}

function percentForms(text: string): string[] {
  const component = encodeURIComponent(text);
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ v: text }).toString().slice(2);
  const forms = [component, strict, form, encodeURI(text)];
  return [...forms, ...forms.map((each) => each.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

/** Of the text alone, and of what is sure of it wherever it stands in something longer (`user:<text>`). */
function base64Forms(text: string): string[] {
  const bytes = Array.from(new TextEncoder().encode(text));
  const whole = base64(bytes);
  const forms = [whole, whole.replaceAll("=", "")];
  for (const before of [0, 1, 2]) {
    const shifted = base64([...Array<number>(before).fill(0), ...bytes]).replaceAll("=", "");
    const start = before === 0 ? 0 : before + 1;
    const sure = Math.floor(((before + bytes.length) * 8) / 6);
    forms.push(shifted.slice(start, sure));
  }
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

function base64(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.slice(at, at + 3);
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += `${BASE64[group >> 18]}${BASE64[(group >> 12) & 63]}`;
    text += `${b === undefined ? "=" : BASE64[(group >> 6) & 63]}${c === undefined ? "=" : BASE64[group & 63]}`;
  }
  return text;
}
