import {
  neededScopes,
  type ReferenceDocument,
  type ReferenceOperation,
  type ReferenceSchema,
  referredName,
} from "./reference-document.ts";

/** A command line that calls the operation, with sample values for what it needs. */
export function curlExample(
  document: ReferenceDocument,
  method: string,
  path: string,
  operation: ReferenceOperation,
): string {
  const parameters = operation.parameters ?? [];
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((text, { name, schema }) => text.replace(`{${name}}`, sampleText(sampleOf(document, schema), name)), path);
  const accept = Object.keys(operation.responses["200"]?.content ?? {})[0];
  const content = Object.entries(operation.requestBody?.content ?? {})[0];
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${document.servers?.[0]?.url ?? ""}${filled}`,
    ...(neededScopes(operation).length > 0 ? ['-H "authorization: Bearer $STEPFLOW_TOKEN"'] : []),
    ...(accept === "text/event-stream" ? ["-N"] : []),
    ...(content
      ? [
          `-H 'content-type: ${content[0]}'`,
          `-d '${JSON.stringify(sampleOf(document, content[1].schema)).replaceAll("'", "'\\''")}'`,
        ]
      : []),
  ];
  return lines.join(" \\\n  ");
}

function sampleText(sample: unknown, name: string): string {
  return typeof sample === "string" || typeof sample === "number" ? String(sample) : name.toUpperCase();
}

function sampleOf(document: ReferenceDocument, schema: ReferenceSchema): unknown {
  const resolved = schema.$ref === undefined ? schema : document.components?.schemas?.[referredName(schema.$ref)];
  return resolved?.examples?.[0] ?? resolved?.enum?.[0];
}
