/**
 * The Durable Object of one webhook, named `<namespace>/<name>`. Owns its document (one of the configuration is read there) and
 * the record of its deliveries. What crosses its border: requests as they came, starts of runs.
 * Invariants: nothing of a delivery is read before its signature is good; a run is started only by a delivery that is written
 * down, and a sender gets a 2xx only once the run exists. A delivery written down whose start was lost is started by the alarm.
 */
import { DurableObject } from "cloudflare:workers";
import { replaceEnvironmentReferences } from "../core/config/environment-references.ts";
import type { TriggerRecord } from "../core/ports/trigger-store.ts";
import { storeValue } from "../dispatch/store-value.ts";
import type { TriggerDocument, WebhookDocument } from "../protocol/api/trigger.ts";
import type { Json } from "../protocol/json.ts";
import { AlarmClock } from "../run/alarm-clock.ts";
import { DeliveryStore, type NewDelivery, type PendingDelivery } from "./delivery-store.ts";
import { AnswerFault, jsonAnswer, refusalAnswer, runAnswer, textAnswer } from "./hook-answer.ts";
import { openHeaders, readDelivery } from "./read-delivery.ts";
import {
  startTriggeredRun,
  type TriggeredRun,
  type TriggeredStartDeps,
  triggeredRunId,
} from "./start-triggered-run.ts";
import { verifySignature } from "./verify-signature.ts";
import type {
  Delivery,
  DeliveryDetail,
  DeliveryPage,
  DeliveryStatus,
  HookReply,
  HookRequest,
  Redelivery,
  TriggerAddress,
  WebhookObjectApi,
} from "./webhook-api.ts";

export interface TriggerObjectDeps extends TriggeredStartDeps {
  /** The configuration's trigger of this name. */
  configured(address: TriggerAddress): TriggerDocument | undefined;
  /** What `${VAR}` in a secret stands for. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly now: () => number;
  readonly newDeliveryId: () => string;
}

/** A start that was lost is repeated after this long. */
const RECOVER_MS = 5_000;
/** A longer body is kept as a blob. */
const MAX_INLINE_BYTES = 64 * 1024;

export function defineTriggerObject<Env>(makeDeps: (env: Env) => TriggerObjectDeps) {
  return class TriggerObject extends DurableObject<Env> implements WebhookObjectApi {
    readonly #deps: TriggerObjectDeps;
    readonly #store: DeliveryStore;
    readonly #alarm: AlarmClock;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#deps = makeDeps(env);
      this.#store = new DeliveryStore(ctx.storage);
      this.#alarm = new AlarmClock(ctx.storage, this.#deps.now);
    }

    async put(trigger: TriggerRecord): Promise<void> {
      this.ctx.storage.kv.put("trigger", trigger);
    }

    async remove(): Promise<void> {
      this.#alarm.disarm();
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
    }

    async deliver(address: TriggerAddress, request: HookRequest): Promise<HookReply | undefined> {
      const document = this.#document(address);
      if (!document) return undefined;
      const secrets = this.#secrets(address, document);
      if (secrets.kind === "unset") {
        this.#refuse(request, `the variable ${secrets.names.join(", ")} of the deployment, its secret, is not set`);
        return refusalAnswer(503, "UNAVAILABLE", "This webhook cannot check signatures at the moment.");
      }
      const headers = new Headers(request.headers.map(([name, value]): [string, string] => [name, value]));
      const { body } = request;
      const verdict = await verifySignature(document.signature, secrets.values, {
        headers,
        body,
        at: this.#deps.now(),
      });
      if (verdict.kind === "bad") {
        this.#refuse(request, verdict.reason);
        return refusalAnswer(401, "UNAUTHENTICATED", "The delivery does not prove that it comes from who may send it.");
      }
      if (!document.enabled) {
        this.#refuse(request, "the trigger is disabled");
        return refusalAnswer(503, "UNAVAILABLE", "This webhook is disabled at the moment.");
      }
      return this.#take(address, document, request);
    }

    async deliveries(options: Parameters<WebhookObjectApi["deliveries"]>[0]): Promise<DeliveryPage> {
      return this.#store.list(options);
    }

    async delivery(deliveryId: string): Promise<DeliveryDetail | undefined> {
      return this.#store.find(deliveryId);
    }

    async redeliver(address: TriggerAddress, deliveryId: string): Promise<Redelivery> {
      const document = this.#document(address);
      const earlier = this.#store.find(deliveryId);
      if (!document || !earlier) return { kind: "not_found" };
      if (earlier.status === "refused")
        return { kind: "refused", reason: "it was refused, and nothing of its body is kept" };
      const blob = earlier.bodyBlob && (await this.#deps.blobs(address.namespace).get(earlier.bodyBlob));
      const body = blob?.bytes ?? earlier.body ?? new Uint8Array();
      if (body.length !== earlier.bodyBytes) return { kind: "refused", reason: "its body is not there any more" };
      const request = { ...earlier.request, body };
      const read = await readDelivery(document, request, this.#deps.blobs(address.namespace));
      const id = this.#deps.newDeliveryId();
      if (read.kind !== "run") {
        const reason = read.kind === "failed" ? read.reason : "the filter does not let it pass";
        const status = read.kind === "failed" ? "failed" : "filtered";
        await this.#record(address, request, { deliveryId: id, status, reason, redeliveryOf: deliveryId });
      } else {
        const pending = await this.#pend(address, request, id, `redelivery ${id}`, read.input, deliveryId);
        await this.#start(address, document, pending, 0);
      }
      const delivery = this.#store.find(id);
      return delivery ? { kind: "delivered", delivery: withoutBody(delivery) } : { kind: "not_found" };
    }

    override async alarm(): Promise<void> {
      this.#alarm.forget();
      const now = this.#deps.now();
      const address = this.ctx.storage.kv.get<TriggerAddress>("address");
      const document = address && this.#document(address);
      let isBehind = false;
      for (const pending of this.#store.allPending()) {
        if (!address || !document) {
          this.#store.complete(pending.deliveryId, "failed", "the trigger is gone");
          continue;
        }
        try {
          await this.#start(address, document, pending, 0);
        } catch {
          // The run's object could not be asked: once more, later.
          isBehind = true;
        }
      }
      this.#store.prune(now);
      const expiresAt = this.#store.expiresAt();
      if (isBehind) this.#alarm.ringBy(now + RECOVER_MS);
      else if (expiresAt !== undefined) this.#alarm.ringBy(expiresAt);
    }

    async #take(address: TriggerAddress, document: WebhookDocument, request: HookRequest): Promise<HookReply> {
      const read = await readDelivery(document, request, this.#deps.blobs(address.namespace));
      switch (read.kind) {
        case "handshake":
          return textAnswer(200, read.challenge);
        case "failed": {
          const deliveryId = this.#deps.newDeliveryId();
          await this.#record(address, request, { deliveryId, status: "failed", reason: read.reason });
          const message =
            read.stage === "body"
              ? `The body cannot be read: ${read.reason}.`
              : "This webhook cannot make an input of this delivery; its owner finds the reason in its record.";
          return refusalAnswer(400, "INVALID_ARGUMENT", message);
        }
        case "filtered": {
          const known = this.#repeated(read.key);
          if (known) return this.#known(address, document, known);
          const deliveryId = this.#deps.newDeliveryId();
          const reason = "the filter does not let it pass";
          await this.#record(address, request, { deliveryId, status: "filtered", key: read.key, reason });
          return jsonAnswer(200, { deliveryId, filtered: true });
        }
        case "run": {
          const known = this.#repeated(read.key);
          if (known) return this.#known(address, document, known);
          const id = this.#deps.newDeliveryId();
          return this.#startAndAnswer(address, document, await this.#pend(address, request, id, read.key, read.input));
        }
      }
    }

    /** What came before is answered as it was then. */
    async #known(address: TriggerAddress, document: WebhookDocument, known: Delivery): Promise<HookReply> {
      if (known.status === "filtered") return jsonAnswer(200, { deliveryId: known.deliveryId, filtered: true });
      return this.#startAndAnswer(address, document, known);
    }

    async #startAndAnswer(
      address: TriggerAddress,
      document: WebhookDocument,
      delivery: Delivery | PendingDelivery,
    ): Promise<HookReply> {
      const { deliveryId } = delivery;
      const response = document.response ?? { mode: "accepted" };
      const waitMs = response.mode === "wait" ? response.timeoutSecs * 1000 : 0;
      let started: TriggeredRun;
      try {
        started = await this.#start(address, document, delivery, waitMs);
      } catch {
        return refusalAnswer(503, "UNAVAILABLE", "The delivery is written down, but its run could not be started yet.");
      }
      if (started.kind === "refused")
        return refusalAnswer(503, "UNAVAILABLE", "This webhook cannot start its flow at the moment.");
      const { runId, results } = started;
      if (response.mode === "accepted" || !results) return jsonAnswer(202, { runId, deliveryId });
      try {
        return await runAnswer(response, runId, results[0]?.result);
      } catch (fault) {
        if (!(fault instanceof AnswerFault)) throw fault;
        return refusalAnswer(
          500,
          "INTERNAL",
          "The run has ended, but this webhook cannot make an answer of its result.",
        );
      }
    }

    /** Starts the run of a delivery that is written down, or asks for it again. */
    async #start(
      address: TriggerAddress,
      document: WebhookDocument,
      delivery: Delivery | PendingDelivery,
      waitMs: number,
    ): Promise<TriggeredRun> {
      const pending = this.#store.pending(delivery.deliveryId);
      const key = delivery.key ?? delivery.deliveryId;
      // Once the run exists, its input is not looked at.
      const input = pending ? await this.#inputOf(address, pending) : null;
      // The run must not wait for an answer's sake before this delivery counts as started.
      const first = await startTriggeredRun(this.#deps, { ...address, document, key, input });
      this.#store.complete(
        delivery.deliveryId,
        first.kind === "started" ? "accepted" : "failed",
        first.kind === "refused" ? first.reason : undefined,
      );
      if (first.kind === "refused" || waitMs === 0) return first;
      return startTriggeredRun(this.#deps, { ...address, document, key, input: null, waitMs });
    }

    async #inputOf({ namespace }: TriggerAddress, { input }: PendingDelivery): Promise<Json> {
      if (input.kind === "inline") return input.json;
      const blob = await this.#deps.blobs(namespace).get(input.blob);
      if (!blob) throw new Error(`the blob ${input.blob} of a delivery's input is gone`);
      const json: Json = JSON.parse(new TextDecoder().decode(blob.bytes));
      return json;
    }

    async #pend(
      address: TriggerAddress,
      request: HookRequest,
      deliveryId: string,
      key: string,
      json: Json,
      redeliveryOf?: string,
    ): Promise<Delivery> {
      const { namespace, name } = address;
      const pending = await storeValue(json, this.#deps.blobs(namespace));
      const kept = await this.#keptBody(address, request.body);
      // The same may have come in while a blob was stored.
      const known = this.#repeated(key);
      if (known) return known;
      this.#insert(address, request, {
        deliveryId,
        status: "received",
        key,
        pending,
        runId: triggeredRunId(namespace, name, key),
        ...kept,
        ...(redeliveryOf === undefined ? {} : { redeliveryOf }),
      });
      this.#alarm.ringBy(this.#deps.now() + RECOVER_MS);
      return { deliveryId, key, receivedAt: 0, status: "received", request, bodyBytes: 0, repeats: 0 };
    }

    async #record(address: TriggerAddress, request: HookRequest, facts: DeliveryFacts): Promise<void> {
      this.#insert(address, request, { ...facts, ...(await this.#keptBody(address, request.body)) });
      const expiresAt = this.#store.expiresAt();
      if (expiresAt !== undefined) this.#alarm.ringBy(expiresAt);
    }

    /** Nothing that a stranger sends takes more than a bounded row. */
    #refuse(request: HookRequest, reason: string): void {
      const headers = openHeaders(request).flatMap(([name, value]): [string, string][] =>
        REFUSED_HEADERS.has(name) ? [[name, value.slice(0, 200)]] : [],
      );
      const { method, path, query, body } = request;
      const bounded = { method, path: path.slice(0, 500), query: query.slice(0, 500), headers };
      this.#store.insert({
        deliveryId: this.#deps.newDeliveryId(),
        receivedAt: this.#deps.now(),
        status: "refused",
        reason,
        request: bounded,
        bodyBytes: body.length,
      });
    }

    #insert(address: TriggerAddress, request: HookRequest, facts: DeliveryFacts): void {
      const { method, path, query } = request;
      // A configured trigger's object is put by nobody: the alarm has to know whose it is.
      this.ctx.storage.kv.put("address", address);
      this.#store.insert({
        ...facts,
        receivedAt: this.#deps.now(),
        request: { method, path, query, headers: openHeaders(request) },
        bodyBytes: request.body.length,
      });
    }

    async #keptBody(
      { namespace }: TriggerAddress,
      body: Uint8Array,
    ): Promise<Pick<DeliveryDetail, "body" | "bodyBlob">> {
      if (body.length <= MAX_INLINE_BYTES) return { body };
      return { bodyBlob: (await this.#deps.blobs(namespace).put(body, { blobType: "binary" })).id };
    }

    #repeated(key: string): Delivery | undefined {
      const known = this.#store.known(key);
      if (known) this.#store.repeated(known.deliveryId);
      return known;
    }

    #document(address: TriggerAddress): WebhookDocument | undefined {
      const document = this.#deps.configured(address) ?? this.ctx.storage.kv.get<TriggerRecord>("trigger")?.document;
      return document?.type === "webhook" ? document : undefined;
    }

    #secrets(
      address: TriggerAddress,
      { signature }: WebhookDocument,
    ):
      | { readonly kind: "known"; readonly values: readonly string[] }
      | { readonly kind: "unset"; readonly names: readonly string[] } {
      const written = signature.secrets ?? (signature.secret === undefined ? [] : [signature.secret]);
      // In the configuration they are replaced already.
      if (this.#deps.configured(address)) return { kind: "known", values: written };
      const read = written.map((secret) => replaceEnvironmentReferences(secret, this.#deps.bindings));
      const values = read.filter(({ text, unset }) => unset.length === 0 && text !== "").map(({ text }) => text);
      if (values.length > 0 || written.length === 0) return { kind: "known", values };
      return { kind: "unset", names: read.flatMap(({ unset }) => unset) };
    }
  };
}

type DeliveryFacts = Omit<NewDelivery, "receivedAt" | "request" | "bodyBytes"> & { readonly status: DeliveryStatus };

/** Of a refused delivery only these are kept: enough to tell who it may have been. */
const REFUSED_HEADERS = new Set(["user-agent", "content-type", "cf-connecting-ip", "x-forwarded-for"]);

function withoutBody({ body: _body, bodyBlob: _bodyBlob, ...delivery }: DeliveryDetail): Delivery {
  return delivery;
}
