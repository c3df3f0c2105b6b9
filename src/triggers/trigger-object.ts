/**
 * The Durable Object of one webhook, named `<namespace>/<name>`. Owns its document.
 */
import { DurableObject } from "cloudflare:workers";
import type { TriggerRecord } from "../core/ports/trigger-store.ts";
import type { TriggerHome } from "./trigger-registry.ts";

export class TriggerObject extends DurableObject implements TriggerHome {
  async put(trigger: TriggerRecord): Promise<void> {
    this.ctx.storage.kv.put("trigger", trigger);
  }

  async remove(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
