import type { Overlap } from "../core/schedule/index.ts";
import type { BackfillReport, FiringView } from "../protocol/api/schedule.ts";
import type { TriggerHome } from "./trigger-registry.ts";

export type ScheduleReply<T> =
  | { readonly kind: "done"; readonly value: T }
  /** This object has no schedule. */
  | { readonly kind: "not_found" }
  | { readonly kind: "refused"; readonly message: string };

export interface ScheduleStateView {
  readonly paused: boolean;
  readonly nextFireTimes: string[];
  readonly lastFirings: FiringView[];
}

/** What a schedule's object offers to the rest of the product. Only values pass. */
export interface ScheduleApi extends TriggerHome {
  state(options: { readonly next: number }): Promise<ScheduleReply<ScheduleStateView>>;
  hold(paused: boolean): Promise<ScheduleReply<ScheduleStateView>>;
  /** Now, once per `id`. */
  fire(request: { readonly id: string; readonly overlap?: Overlap }): Promise<ScheduleReply<FiringView>>;
  /** Each time in [`from`, `to`) (epoch ms) once. */
  backfill(request: {
    readonly from: number;
    readonly to: number;
    readonly limit: number;
    readonly overlap: Overlap;
  }): Promise<ScheduleReply<BackfillReport>>;
  /** Newest first, older than `before`. */
  firings(options: {
    readonly limit: number;
    readonly before?: number;
  }): Promise<ScheduleReply<{ readonly firings: FiringView[]; readonly next?: number }>>;
  /** Sets the alarm again should it be lost. */
  wake(): Promise<void>;
}
