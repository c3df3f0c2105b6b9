import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiDeps } from "./api-deps.ts";

export type ApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** An operation names beside it the scope that the token needs; alternatives are listed one by one. */
export const SECURITY_SCHEMES = {
  accessToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "sfe_<id>_<secret>",
    description: "An access token. One with the scope `admin` may do everything.",
  },
  cloudflareAccess: {
    type: "apiKey",
    in: "header",
    name: "Cf-Access-Jwt-Assertion",
    description: "The JWT that Cloudflare Access adds, where the deployment is set up for it.",
  },
} as const;

/** The OpenAPI 3.1 document of everything registered with the app. */
export function apiDocument(app: OpenAPIHono, deps: Pick<ApiDeps, "publicUrl" | "version">): ApiDocument {
  return app.getOpenAPI31Document(
    {
      openapi: "3.1.0",
      info: {
        title: "stepflow-edge",
        version: deps.version,
        description:
          "Start flows, follow their runs, keep their data. JSON in camelCase; snake_case is accepted in bodies and queries. " +
          "Unknown fields are ignored and named in `warnings`. Lists page by cursor. Every refusal has the body `Error`.",
        license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      },
      servers: [{ url: deps.publicUrl }],
      tags: [
        { name: "Runs", description: "One run is one flow over one or more input items." },
        { name: "Flows", description: "Flow documents, addressed by the hash of their canonical form." },
        { name: "Blobs", description: "Values and files, addressed by the hash of their bytes." },
        { name: "Tasks", description: "How a worker that answered 202 reports later. The token is the permission." },
        { name: "Triggers", description: "What starts runs by itself: webhooks." },
        {
          name: "Approvals",
          description: "How people decide what a step asks. The token in the link is the permission.",
        },
        { name: "Tokens", description: "Access tokens: what a caller may do, and in which namespace." },
        { name: "System", description: "What this orchestrator is and can do." },
      ],
    },
    { unionPreferredType: "oneOf" },
  );
}
