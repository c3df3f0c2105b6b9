import { escapeHtml, proseHtml } from "./html.ts";
import { operationHtml, type RoutedOperation } from "./operation-html.ts";
import type { ReferenceDocument } from "./reference-document.ts";
import { REFERENCE_STYLE } from "./reference-style.ts";
import { schemaHtml } from "./schema-html.ts";

/** The API's reference as one HTML page, made from its OpenAPI document. It has no scripts and asks for nothing else. */
export function referencePage(document: ReferenceDocument): string {
  const { info, tags = [], components } = document;
  const schemas = Object.entries(components?.schemas ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sections = tags.map(({ name, description = "" }) => ({
    name,
    description,
    operations: operationsOf(document, name),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<style>${REFERENCE_STYLE}</style>
</head>
<body>
<nav aria-label="Contents">
<strong>${escapeHtml(info.title)}</strong> <span class="dim">${escapeHtml(info.version)}</span>
${sections.map(({ name, operations }) => contentsHtml(name, operations.map(operationLink))).join("")}
${contentsHtml(
  "Schemas",
  schemas.map(([name]) => `<a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a>`),
)}
</nav>
<main>
<h1>${escapeHtml(info.title)} API</h1>
<p>${proseHtml(info.description ?? "")}</p>
<p class="dim">The same as a machine reads it: <a href="/openapi.json">openapi.json</a></p>
${sections
  .map(
    ({ name, description, operations }) =>
      `<h2>${escapeHtml(name)}</h2><p>${proseHtml(description)}</p>${operations.map((routed) => operationHtml(document, routed)).join("")}`,
  )
  .join("")}
<h2>Schemas</h2>
${schemas
  .map(
    ([name, schema]) => `<section id="schema-${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3>
<p>${proseHtml(schema.description ?? "")}</p>${schemaHtml(schema)}</section>`,
  )
  .join("")}
</main>
</body>
</html>`;
}

function operationsOf(document: ReferenceDocument, tag: string): RoutedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags?.includes(tag))
      .map(([method, operation]) => ({ method, path, operation })),
  );
}

function contentsHtml(title: string, links: readonly string[]): string {
  return `<h2>${escapeHtml(title)}</h2><ul>${links.map((link) => `<li>${link}</li>`).join("")}</ul>`;
}

function operationLink({ method, operation }: RoutedOperation): string {
  const { operationId, summary = operationId } = operation;
  return `<a href="#${escapeHtml(operationId)}"><span class="method ${method}">${method}</span> ${escapeHtml(summary)}</a>`;
}
