import type { RequestFault } from "../../protocol/api/error-body.ts";
import type { Json } from "../../protocol/json.ts";
import { escapeHtml } from "../docs/html.ts";
import type { FormField } from "./form-field.ts";

const OPTIONAL = ' <span class="dim">optional</span>';

export interface FormState {
  /** What was sent, by the name of the control; absent: the form is new. */
  readonly given: ReadonlyMap<string, string> | undefined;
  readonly faults: readonly RequestFault[];
}

/** `isAsked`: the group around it is not one that may be left empty as a whole. */
export function fieldHtml(field: FormField, state: FormState, isAsked = true): string {
  const { name, label, description, isRequired } = field;
  const faults = state.faults.filter(({ pointer }) => pointer === name).map(({ message }) => message);
  const about = [
    description === undefined ? "" : `<span class="note" id="${id(name)}-about">${escapeHtml(description)}</span>`,
    ...(faults.length === 0
      ? []
      : [`<span class="fault" id="${id(name)}-fault">${escapeHtml(faults.join(" "))}</span>`]),
  ].join("");
  if (field.kind === "group") {
    const inner = field.fields.map((one) => fieldHtml(one, state, isAsked && isRequired)).join("");
    return `<fieldset><legend>${escapeHtml(label)}${isRequired ? "" : OPTIONAL}</legend>${about}${inner}</fieldset>`;
  }
  const described = [
    ...(description === undefined ? [] : [`${id(name)}-about`]),
    ...(faults.length === 0 ? [] : [`${id(name)}-fault`]),
  ].join(" ");
  const attributes = [
    `id="${id(name)}" name="${escapeHtml(name)}"`,
    ...(isRequired && isAsked && field.kind !== "boolean" ? ["required"] : []),
    ...(described === "" ? [] : [`aria-describedby="${described}"`]),
    ...(faults.length === 0 ? [] : ['aria-invalid="true"']),
  ].join(" ");
  const heading = `<label for="${id(name)}">${escapeHtml(label)}${isRequired || field.kind === "boolean" ? "" : OPTIONAL}</label>`;
  const control = controlHtml(field, attributes, state.given);
  return field.kind === "boolean"
    ? `<div class="field check">${control}${heading}${about}</div>`
    : `<div class="field">${heading}${about}${control}</div>`;
}

function controlHtml(
  field: Exclude<FormField, { kind: "group" }>,
  attributes: string,
  given: FormState["given"],
): string {
  const text = given ? (given.get(field.name) ?? "") : initialText(field);
  const value = text === "" ? "" : ` value="${escapeHtml(text)}"`;
  switch (field.kind) {
    case "boolean": {
      const isOn = given ? given.has(field.name) : field.initial === true;
      return `<input type="checkbox" ${attributes} value="true"${isOn ? " checked" : ""}>`;
    }
    case "choice": {
      const none = field.isRequired && text !== "" ? "" : '<option value=""></option>';
      const options = field.values.map((one) => {
        const written = JSON.stringify(one);
        return `<option value="${escapeHtml(written)}"${written === text ? " selected" : ""}>${escapeHtml(typeof one === "string" ? one : written)}</option>`;
      });
      return `<select ${attributes}>${none}${options.join("")}</select>`;
    }
    case "number": {
      const { minimum, maximum } = field.schema;
      const bounds = `${bound("min", minimum)}${bound("max", maximum)} step="${field.isWhole ? "1" : "any"}"`;
      return `<input type="number" ${attributes}${bounds}${value}>`;
    }
    case "date":
      return `<input type="date" ${attributes}${value}>`;
    case "text":
      return `<input type="${inputType(field.schema["format"])}" ${attributes}${value}>`;
    case "lines":
    case "json":
      return `<textarea ${attributes}>${escapeHtml(text)}</textarea>`;
  }
}

function initialText(field: Exclude<FormField, { kind: "group" }>): string {
  const { initial } = field;
  if (initial === undefined || initial === null) return "";
  return typeof initial === "string" && field.kind !== "choice" && field.kind !== "json"
    ? initial
    : JSON.stringify(initial);
}

function bound(attribute: string, value: Json | undefined): string {
  return typeof value === "number" ? ` ${attribute}="${value}"` : "";
}

function inputType(format: Json | undefined): string {
  return format === "email" ? "email" : "text";
}

function id(name: string): string {
  return escapeHtml(name.replaceAll(/\s/g, "_"));
}
