// What leaves in one call: a command alone, direct changes that follow one another together. Pure.

import type { OutboxEntry } from './outbox.ts'

export type Waiting = Extract<OutboxEntry, { state: 'waiting' }>

/** Changes that leave together. */
export const maximumTogether = 50

export function togetherWith(entries: readonly OutboxEntry[], start: number): readonly Waiting[] {
  const together: Waiting[] = []
  for (const entry of entries.slice(start, start + maximumTogether)) {
    if (entry.state !== 'waiting') break
    if (together.length > 0 && entry.command.name !== 'change') break
    together.push(entry)
    if (entry.command.name !== 'change') break
  }
  return together
}
