// Accepted outcomes that an app never acknowledges: they are kept so that it can look at them, up to a bound. Pure.

import type { OutboxEntry } from './outbox.ts'

/** Accepted outcomes that wait for the app's acknowledgement; older ones count as acknowledged. */
export const maximumAccepted = 1_000

/** `changed`: the oldest beyond the bound, as they are in `entries` now. */
export function trimmed(entries: readonly OutboxEntry[]): {
  readonly entries: readonly OutboxEntry[]
  readonly changed: readonly OutboxEntry[]
} {
  let over = entries.filter(isAccepted).length - maximumAccepted
  if (over <= 0) return { entries, changed: [] }
  const changed: OutboxEntry[] = []
  const kept = entries.map((entry) => {
    if (over <= 0 || !isAccepted(entry)) return entry
    over -= 1
    const acknowledged: OutboxEntry = { ...entry, acknowledged: true }
    changed.push(acknowledged)
    return acknowledged
  })
  return { entries: kept, changed }
}

function isAccepted(entry: OutboxEntry): entry is Extract<OutboxEntry, { state: 'settled' }> {
  return entry.state === 'settled' && !entry.acknowledged && entry.outcome.status === 'accepted'
}
