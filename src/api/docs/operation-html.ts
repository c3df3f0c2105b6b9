import { curlExample } from "./curl-example.ts";
import { escapeHtml, proseHtml } from "./html.ts";
import {
  neededScopes,
  type ReferenceContent,
  type ReferenceDocument,
  type ReferenceOperation,
} from "./reference-document.ts";
import { fieldRow, typeHtml } from "./schema-html.ts";

export interface RoutedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: ReferenceOperation;
}

/** One operation: what it does, what it takes, what it answers, and how to call it from a shell. */
export function operationHtml(document: ReferenceDocument, { method, path, operation }: RoutedOperation): string {
  const { operationId, summary = operationId, description, parameters = [], requestBody, responses } = operation;
  return `<section id="${escapeHtml(operationId)}">
<h3>${escapeHtml(summary)}</h3>
<p class="route"><span class="method ${method}">${method}</span><code>${escapeHtml(path)}</code></p>
${scopesHtml(neededScopes(operation))}
${description === undefined ? "" : `<p>${proseHtml(description)}</p>`}
${
  parameters.length === 0
    ? ""
    : `<h4>Parameters</h4><table>${parameters
        .map(({ name, schema, required, ...parameter }) => fieldRow(name, schema, required ?? false, parameter.in))
        .join("")}</table>`
}
${requestBody ? `<h4>Body</h4>${contentHtml(requestBody.content)}` : ""}
<h4>Answers</h4>
<table>${Object.entries(responses)
    .map(
      ([status, response]) => `<tr><th scope="row"><code>${status === "default" ? "4xx, 5xx" : status}</code></th>
<td>${proseHtml(response.description)}${response.content ? contentHtml(response.content) : ""}</td></tr>`,
    )
    .join("")}</table>
<h4>Example</h4>
<pre><code>${escapeHtml(curlExample(document, method, path, operation))}</code></pre>
</section>`;
}

function scopesHtml(scopes: readonly string[]): string {
  if (scopes.length === 0) return '<p class="dim">Needs no access token.</p>';
  const names = scopes.map((scope) => `<code>${escapeHtml(scope)}</code>`);
  return `<p class="dim">Needs the scope ${names.join(" or ")}.</p>`;
}

function contentHtml(content: ReferenceContent): string {
  return Object.entries(content)
    .map(
      ([type, { schema }]) => `<p><code>${escapeHtml(type)}</code> <span class="type">${typeHtml(schema)}</span></p>`,
    )
    .join("");
}
