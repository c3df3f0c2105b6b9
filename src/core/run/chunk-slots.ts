/** How a run's places are shared out among its chunks: in fixed shares, so that no chunk has to ask before it calls. */

/** Chunks of one run that are active at once, at most: each costs its run a start, an end, and a look now and then. */
const MAX_SLOTS = 64;

/** `share`: places that a chunk should have at least. `items`: the run's own bound on active items. */
export function slotCount(cap: number, items: number | undefined, share: number): number {
  return Math.min(MAX_SLOTS, Math.max(1, Math.floor(Math.min(cap, items ?? cap) / share)));
}

/** What slot `slot` of `slots` has of `total`: the same as the others, or one more. */
export function slotShare(total: number, slots: number, slot: number): number {
  return Math.floor(total / slots) + (slot < total % slots ? 1 : 0);
}
