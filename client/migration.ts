// What an app does with unsent work when it changes the shape of what it queues (R6): brought over once, in one step, before the
// queue is taken up. Work that may have reached a region already is left as it was sent: under its key it can only be the same.

import { drawsOf } from './leases/draw.ts'
import { ClientError } from './outbox/client-error.ts'
import type { OutboxEntry, WorkName } from './outbox/outbox.ts'
import { outboxRange } from './outbox/shelf.ts'
import { onlyKey, type StorageWrite, type UserStorage } from './storage/port.ts'

export interface Migration {
  /** A whole number, raised by the app whenever it changes a shape. */
  readonly version: number
  /** The input of one piece of unsent work in the shape of now; of a `change`, a unit, of which `patches` may be other ones. */
  readonly migrate?: (work: { readonly name: WorkName; readonly input: object }, from: number) => object
}

const versionKey = 'app/version'

/** Throws ClientError `MIGRATION` where the app's function does, or the storage is of a newer app: nothing is changed then. */
export async function migrateWork(storage: UserStorage, { version, migrate }: Migration): Promise<void> {
  const [stored] = await storage.load(onlyKey(versionKey))
  const from = stored === undefined ? null : Number(stored.value)
  if (from === version) return
  if (from !== null && from > version)
    throw new ClientError(
      'MIGRATION',
      `what is stored is of version ${from} of the app, and this is ${version}: update the app`,
    )
  const writes: StorageWrite[] = [{ put: versionKey, value: String(version) }]
  for (const { key, value } of from === null || migrate === undefined ? [] : await storage.load(outboxRange)) {
    const entry = JSON.parse(String(value)) as OutboxEntry
    if (entry.state !== 'waiting' || entry.unanswered || from === null || migrate === undefined) continue
    const { command } = entry
    // What is about leases stands in a signed chain, and is not the app's.
    if (drawsOf(command).length > 0 || command.name === 'leaseStock' || command.name === 'closeLease') continue
    const input = migrated(command.name, command.input, from, migrate)
    writes.push({ put: key, value: JSON.stringify({ ...entry, command: { ...command, input } }) })
  }
  await storage.commit(writes)
}

function migrated(name: WorkName, input: object, from: number, migrate: NonNullable<Migration['migrate']>): object {
  try {
    const next = migrate({ name, input: structuredClone(input) }, from)
    // A change stays what it is: who made it, of what, on what.
    return name === 'change' && 'patches' in next ? { ...input, patches: next.patches } : next
  } catch (error) {
    throw new ClientError(
      'MIGRATION',
      `${name} could not be brought over: ${error instanceof Error ? error.message : error}`,
    )
  }
}
