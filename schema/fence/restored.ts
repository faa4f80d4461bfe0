// What a region may not write that was restored from an older copy, until it is whole again (W8): facts that would stand against
// others which every member, this one before it was restored among them, had shown to know. Units were released or came back
// because nobody could write them any more. Knows no region and no fence.

import type { CommitEvent } from '../commit/commit.ts'

/**
 * - a shipment: what was cancelled is for sale again once that is stable (S8);
 * - a return: of two that together are too much the earlier stands, and what it brings back is for sale once that is stable (S8);
 * - a sale of a device: what is left of an ended lease is back once its end is stable (S6).
 */
const standAgainst: ReadonlySet<string> = new Set(['order.shipped', 'order.returned', 'lease.entry'])

export function mayStandAgainstStable(events: readonly Pick<CommitEvent, 'type'>[]): boolean {
  return events.some(({ type }) => standAgainst.has(type))
}
