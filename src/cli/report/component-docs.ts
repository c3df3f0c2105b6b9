/** Documentation of components as Markdown: one section per plugin, one table per input and output. */
import { describeType, typeOfSchema } from "../../core/types/index.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { ComponentList, ListedComponent } from "../client/api-client.ts";

/** `schemas`: with fields and JSON Schemas, else only names and descriptions. */
export function renderComponentDocs(list: ComponentList, schemas: boolean): string {
  const plugins = new Map<string, ListedComponent[]>();
  for (const component of list.components)
    plugins.set(component.plugin, [...(plugins.get(component.plugin) ?? []), component]);
  const sections = [
    "# Components",
    "What a step can name as its `component`, by the plugin that has it.",
    ...[...plugins].map(([plugin, components]) => pluginSection(plugin, components, schemas)),
    ...failureSection(list),
  ];
  return `${sections.join("\n\n")}\n`;
}

function pluginSection(plugin: string, components: readonly ListedComponent[], schemas: boolean): string {
  const heading = `## ${code(plugin)}`;
  if (!schemas) {
    const rows = components.map(({ path, description }) => [code(path), firstParagraph(description)]);
    return `${heading}\n\n${table(["Component", "What it does"], rows)}`;
  }
  return [heading, ...components.map(componentSection)].join("\n\n");
}

function componentSection({ path, description, inputSchema, outputSchema }: ListedComponent): string {
  return [
    `### ${code(path)}`,
    ...(description === undefined || description.trim() === "" ? [] : [description.trim()]),
    schemaSection("Input", inputSchema),
    schemaSection("Output", outputSchema),
  ].join("\n\n");
}

function schemaSection(title: string, schema: Json | undefined): string {
  if (schema === undefined) return `**${title}**: not declared.`;
  const type = typeOfSchema(schema);
  const about = typeof schema === "object" && schema !== null && !Array.isArray(schema) ? schema : {};
  const fields = objectOf(about["properties"]);
  const required = Array.isArray(about["required"]) ? about["required"] : [];
  const note = typeof about["description"] === "string" ? ` ${oneLine(about["description"])}` : "";
  const rows = Object.entries(fields).map(([name, field]) => {
    const facts = objectOf(field);
    return [
      code(name),
      code(describeType(typeOfSchema(field, { ...objectOf(about["$defs"]) }))),
      required.includes(name) ? "yes" : "",
      facts["default"] === undefined ? "" : code(JSON.stringify(facts["default"])),
      [text(facts["description"]), allowedValues(facts)].filter((part) => part !== "").join(" "),
    ];
  });
  const summary =
    rows.length === 0
      ? `**${title}**: ${code(describeType(type))}.${note}`
      : `**${title}**${note === "" ? "" : `:${note}`}\n\n${table(["Field", "Type", "Required", "Default", "Description"], rows)}`;
  return `${summary}\n\n<details><summary>JSON Schema</summary>\n\n${fenced(JSON.stringify(schema, null, 2))}\n\n</details>`;
}

function failureSection({ failedPlugins }: ComponentList): string[] {
  if (failedPlugins.length === 0) return [];
  const rows = failedPlugins.map(({ plugin, routes, error }) => [
    code(plugin),
    routes.map(code).join(", "),
    oneLine(error),
  ]);
  return [`## Not reachable\n\n${table(["Plugin", "Routes", "Why"], rows)}`];
}

function allowedValues(facts: JsonObject): string {
  const values = facts["enum"];
  return Array.isArray(values) ? `One of ${values.map((value) => code(JSON.stringify(value))).join(", ")}.` : "";
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = columns.map((_, index) => index === 0 || rows.some((row) => (row[index] ?? "") !== ""));
  const line = (cells: readonly string[]) =>
    `| ${cells
      .filter((_, index) => used[index])
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Inline code, also around backticks. */
function code(content: string): string {
  const plain = oneLine(content);
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${plain}${fence}` : `${fence} ${plain} ${fence}`;
}

function fenced(content: string): string {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}json\n${content}\n${fence}`;
}

function firstParagraph(description: string | undefined): string {
  return oneLine(description?.trim().split(/\n\s*\n/)[0] ?? "");
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? oneLine(value) : "";
}

function oneLine(content: string): string {
  return content.trim().replaceAll(/\s+/g, " ");
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
