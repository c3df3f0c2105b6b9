import type { Flow } from "../core/flow/flow.ts";
import type { Plan } from "../core/plan/index.ts";
import { compilePlan } from "../core/plan/index.ts";
import type { PlanStore } from "../core/run/engine.ts";
import type { FlowId } from "../protocol/ids.ts";

/** Compiled flows, shared by all objects of an isolate: a flow id names its content, so an entry is never wrong. */
const shared = new Map<FlowId, Plan>();
const SHARED_LIMIT = 200;

/** The plans of one run tree: they stay for as long as the tree does, whatever the shared cache drops. */
export class TreePlans implements PlanStore {
  readonly #own = new Map<FlowId, Plan>();

  get(flowId: FlowId): Plan | undefined {
    const own = this.#own.get(flowId);
    if (own) return own;
    const plan = shared.get(flowId);
    if (plan) this.#own.set(flowId, plan);
    return plan;
  }

  put(flowId: FlowId, flow: Flow): Plan {
    const plan = compilePlan(flowId, flow);
    this.#own.set(flowId, plan);
    shared.delete(flowId);
    shared.set(flowId, plan);
    for (const oldest of shared.keys()) {
      if (shared.size <= SHARED_LIMIT) break;
      shared.delete(oldest);
    }
    return plan;
  }
}
