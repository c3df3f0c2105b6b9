/** What came to a webhook: listed, read, and delivered again. */
import type { z } from "zod";
import {
  deliveryDetail,
  deliveryPage,
  deliveryParams,
  listDeliveriesQuery,
  listedDelivery,
} from "../protocol/api/delivery.ts";
import { triggerParams } from "../protocol/api/trigger.ts";
import type { Namespace } from "../protocol/ids.ts";
import { textOf } from "../triggers/read-hook-body.ts";
import type { Delivery, WebhookObjectApi } from "../triggers/webhook-api.ts";
import type { ApiDeps } from "./api-deps.ts";
import { ApiError } from "./api-error.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";
import { DEFAULT_PAGE } from "./runs.ts";
import { refuseWiderTrigger } from "./trigger-bounds.ts";
import { noTrigger } from "./triggers.ts";

export function deliveryOperations(deps: ApiDeps): readonly Operation[] {
  const webhook = async (namespace: Namespace, name: string): Promise<WebhookObjectApi> => {
    const trigger = await deps.triggers.find(namespace, name);
    if (!trigger) throw noTrigger(name);
    return deps.webhooks(namespace, name);
  };
  return [
    operation({
      method: "get",
      path: "/triggers/{name}/deliveries",
      scope: "triggers",
      operationId: "listDeliveries",
      tag: "Triggers",
      summary: "List a webhook's deliveries",
      description: "Newest first: the last 1000 of a week, of the refused ones the last 50.",
      params: triggerParams,
      query: listDeliveriesQuery,
      responses: { 200: { description: "One page.", schema: deliveryPage } },
      async handle({ namespace, params, query, warnings }) {
        const page = await (await webhook(namespace, params.name)).deliveries({
          limit: query.limit ?? DEFAULT_PAGE,
          ...(query.cursor === undefined ? {} : { before: query.cursor }),
          ...(query.status === undefined ? {} : { status: query.status }),
        });
        const { deliveries, counts, next } = page;
        return jsonReply(
          { deliveries: deliveries.map(listed), counts, ...(next === undefined ? {} : { nextCursor: String(next) }) },
          { warnings },
        );
      },
    }),
    operation({
      method: "get",
      path: "/triggers/{name}/deliveries/{deliveryId}",
      scope: "triggers",
      operationId: "getDelivery",
      tag: "Triggers",
      summary: "Read one delivery",
      description: "With its body, unless it was refused.",
      params: deliveryParams,
      responses: { 200: { description: "The delivery.", schema: deliveryDetail } },
      async handle({ namespace, params }) {
        const found = await (await webhook(namespace, params.name)).delivery(params.deliveryId);
        if (!found) throw noDelivery(params);
        const { body, bodyBlob, ...delivery } = found;
        const text = body && textOf(body);
        const kept =
          text === undefined
            ? { ...(body && { bodyBase64: btoa(Array.from(body, (byte) => String.fromCharCode(byte)).join("")) }) }
            : { body: text };
        return jsonReply({ ...listed(delivery), ...kept, ...(bodyBlob && { bodyBlob }) });
      },
    }),
    operation({
      method: "post",
      path: "/triggers/{name}/deliveries/{deliveryId}/redeliver",
      scope: "triggers",
      operationId: "redeliver",
      tag: "Triggers",
      summary: "Deliver again",
      description: "The same request as a new delivery with a new run, by the trigger's document as it is now.",
      params: deliveryParams,
      responses: { 201: { description: "The new delivery.", schema: listedDelivery } },
      async handle({ caller, namespace, params }) {
        const { name, deliveryId } = params;
        const trigger = await deps.triggers.find(namespace, name);
        if (trigger) refuseWiderTrigger(caller, { name, allowComponents: trigger.document.allowComponents });
        const again = await (await webhook(namespace, name)).redeliver({ namespace, name }, deliveryId);
        if (again.kind === "not_found") throw noDelivery(params);
        if (again.kind === "refused")
          throw new ApiError("FAILED_PRECONDITION", `The delivery ${deliveryId} cannot come again: ${again.reason}.`);
        return jsonReply(listed(again.delivery), { status: 201 });
      },
    }),
  ];
}

function noDelivery({ name, deliveryId }: { readonly name: string; readonly deliveryId: string }): ApiError {
  return new ApiError("NOT_FOUND", `The trigger "${name}" has no delivery ${deliveryId}, or none any more.`);
}

function listed({ request, receivedAt, ...delivery }: Delivery): z.input<typeof listedDelivery> {
  const { method, path, query, headers } = request;
  return {
    ...delivery,
    receivedAt: new Date(receivedAt).toISOString(),
    method,
    path,
    query,
    headers: Object.fromEntries(headers),
  };
}
