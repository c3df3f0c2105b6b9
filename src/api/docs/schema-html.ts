import { escapeHtml, proseHtml } from "./html.ts";
import { type ReferenceSchema, referredName } from "./reference-document.ts";

/** A schema's type in a few words, named schemas as links. */
export function typeHtml(schema: ReferenceSchema): string {
  if (schema.$ref !== undefined) {
    const name = escapeHtml(referredName(schema.$ref));
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.allOf?.[0]) return typeHtml(schema.allOf[0]);
  if (schema.enum) return schema.enum.map((value) => `<code>${escapeHtml(JSON.stringify(value))}</code>`).join(" | ");
  if (schema.oneOf) return schema.oneOf.map(typeHtml).join(" | ");
  if (schema.items) return `array of ${typeHtml(schema.items)}`;
  if (typeof schema.additionalProperties === "object") return `object of ${typeHtml(schema.additionalProperties)}`;
  if (schema.type === undefined) return "any JSON";
  const type = escapeHtml([schema.type].flat().join(" or "));
  return schema.format === undefined ? type : `${type} (${escapeHtml(schema.format)})`;
}

/** The fields of an object schema as a table; the schemas of a union one after the other; anything else in words. */
export function schemaHtml(schema: ReferenceSchema): string {
  if (schema.oneOf) return schema.oneOf.map(schemaHtml).join("");
  if (!schema.properties) return `<p>${typeHtml(schema)}</p>`;
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    fieldRow(name, field, schema.required?.includes(name) ?? false),
  );
  return `<table>${rows.join("")}</table>`;
}

/** One line of a table of fields or parameters. */
export function fieldRow(name: string, schema: ReferenceSchema, isRequired: boolean, place = ""): string {
  const nested = schema.properties ? schemaHtml(schema) : "";
  const items = schema.items?.properties ? schemaHtml(schema.items) : "";
  return `<tr>
<th scope="row"><code>${escapeHtml(name)}</code>${isRequired ? '<span class="note">required</span>' : ""}</th>
<td><span class="type">${place === "" ? "" : `${escapeHtml(place)}, `}${typeHtml(schema)}</span>${
    schema.description === undefined ? "" : `<p>${proseHtml(schema.description)}</p>`
  }${nested}${items}</td>
</tr>`;
}
