/**
 * Where webhooks are delivered to: `/hooks/{name}[/…]` for those of the namespace `default`, `/hooks/@{namespace}/{name}[/…]` for
 * others. Outside of admission: the signature is the admission, and only the webhook's object knows how to check it.
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { DEFAULT_NAMESPACE } from "../auth/caller.ts";
import { triggerName } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";
import type { TriggerAddress } from "../triggers/webhook-api.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";
import { limitedBody } from "./request-body.ts";

/** To be called before anything that answers for the whole origin. */
export function serveHooks(app: OpenAPIHono, deps: ApiDeps): void {
  app.all("/hooks/*", async (context) => {
    const request = context.req.raw;
    const url = new URL(request.url);
    const place = placeOf(url.pathname);
    if (!place) throw noWebhook();
    const { address, path } = place;
    const body = new Uint8Array(
      await new Response(limitedBody(request, "maxJsonBodyBytes", deps.limits)).arrayBuffer(),
    );
    const reply = await deps.webhooks(address.namespace, address.name).deliver(address, {
      method: request.method,
      path,
      query: url.search,
      headers: [...request.headers],
      body,
    });
    if (!reply) throw noWebhook();
    return new Response(reply.body === "" ? null : reply.body, { status: reply.status, headers: reply.headers });
  });
}

/** Where a webhook's deliveries go. */
export function hookUrl(publicUrl: string, namespace: Namespace, name: string): string {
  return `${publicUrl}/hooks/${namespace === DEFAULT_NAMESPACE ? "" : `@${namespace}/`}${name}`;
}

function placeOf(pathname: string): { readonly address: TriggerAddress; readonly path: string } | undefined {
  const [, namespace, name, path = ""] =
    /^\/hooks\/(?:@([a-z0-9][a-z0-9-]{0,62})\/)?([^/]+)(\/.*)?$/.exec(pathname) ?? [];
  if (name === undefined || !triggerName.safeParse(name).success) return undefined;
  return { address: { namespace: (namespace ?? DEFAULT_NAMESPACE) as Namespace, name }, path };
}

function noWebhook(): ApiError {
  return new ApiError("NOT_FOUND", "There is no webhook here.");
}
