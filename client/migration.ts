// What an app does with unsent work when it changes the shape of what it queues (R6): brought over once, in one step, before the
// queue is taken up. Work that may have reached a region already is left as it was sent: under its key it can only be the same.

import { kindOf } from '@causeway/schema/documents/registry'
import { type Patch, type Unit, unitInput, unitJson } from '@causeway/schema/documents/units/unit'
import { drawsOf } from './leases/draw.ts'
import { ClientError } from './outbox/client-error.ts'
import type { OutboxEntry, QueuedCommand, WorkName } from './outbox/outbox.ts'
import { outboxRange } from './outbox/shelf.ts'
import { onlyKey, type StorageWrite, type UserStorage } from './storage/port.ts'

export interface Migration {
  /** A whole number, raised by the app whenever it changes a shape. */
  readonly version: number
  /** The input of one piece of unsent work in the shape of now; of a `change`, a unit, of which `patches` may be other ones. */
  readonly migrate?: (work: { readonly name: WorkName; readonly input: object }, from: number) => object
}

/** The heads of a document as it is confirmed, with these units on it. */
export type HeadsWith = (kind: string, documentId: string, units: readonly Unit[]) => readonly string[]

type Bring = (name: WorkName, input: object) => object

const versionKey = 'app/version'

/** Throws ClientError `MIGRATION` where the app's function does, or the storage is of a newer app: nothing is changed then. */
export async function migrateWork(
  storage: UserStorage,
  { version, migrate }: Migration,
  headsWith: HeadsWith,
): Promise<void> {
  const [stored] = await storage.load(onlyKey(versionKey))
  const from = stored === undefined ? null : Number(stored.value)
  if (from === version) return
  if (from !== null && from > version)
    throw new ClientError(
      'MIGRATION',
      `what is stored is of version ${from} of the app, and this is ${version}: update the app`,
    )
  const writes: StorageWrite[] = [{ put: versionKey, value: String(version) }]
  if (from !== null && migrate !== undefined) {
    const lines = new ChangeLines((name, input) => migrate({ name, input: structuredClone(input) }, from), headsWith)
    for (const { key, value } of await storage.load(outboxRange)) {
      const entry = JSON.parse(String(value)) as OutboxEntry
      const input = brought(entry, lines)
      if (input !== null)
        writes.push({ put: key, value: JSON.stringify({ ...entry, command: { ...entry.command, input } }) })
    }
  }
  await storage.commit(writes)
}

/** Null where it stays as it is. */
function brought(entry: OutboxEntry, lines: ChangeLines): object | null {
  const { command } = entry
  try {
    if (command.name === 'change') return lines.take(entry)
    // What is about leases stands in a signed chain, and is not the app's.
    const isOfLease = drawsOf(command).length > 0 || command.name === 'leaseStock' || command.name === 'closeLease'
    return isOfLease || !isUnsent(entry) ? null : lines.bring(command.name, command.input)
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    throw new ClientError('MIGRATION', `${command.name} could not be brought over: ${reason}`)
  }
}

function isUnsent(entry: OutboxEntry): boolean {
  return entry.state === 'waiting' && !entry.unanswered
}

/** The device's changes of one document, as far as they have been looked at. */
interface Line {
  readonly units: Unit[]
  /** The last one without an outcome. */
  last: string | null
  isOther: boolean
}

/**
 * Changes of one document stand on one another by the hashes of their bytes. So after one whose patches have become other ones,
 * every later one names heads that no longer come to be, and is made anew on those that do. It keeps its id: no region has seen it.
 * What may have been sent never stands on what was not, for changes leave in their order.
 */
class ChangeLines {
  readonly bring: Bring
  readonly #headsWith: HeadsWith
  readonly #lines = new Map<string, Line>()

  constructor(bring: Bring, headsWith: HeadsWith) {
    this.bring = bring
    this.#headsWith = headsWith
  }

  /** In the order of the queue. Null where it stays as it is. */
  take(entry: OutboxEntry): object | null {
    if (entry.state === 'settled' && entry.outcome.status === 'refused') return null
    const old = unitInput.parse(entry.command.input)
    const line = this.#lineOf(old)
    const unit = isUnsent(entry) ? this.#renewed(entry.command, old, line) : old
    line.units.push(unit)
    if (entry.state !== 'settled') line.last = unit.id
    return unit === old ? null : unitJson(unit)
  }

  /** A change stays what it is: who made it, when, and of what. */
  #renewed({ name, input }: QueuedCommand, old: Unit, line: Line): Unit {
    const next = this.bring(name, input)
    const patches = patchesOf(old, 'patches' in next ? next.patches : undefined)
    const isOther = JSON.stringify(patches) !== JSON.stringify(old.patches)
    if (!isOther && !line.isOther) return old
    const { kind, documentId } = old
    const stands = line.isOther
      ? { base: this.#headsWith(kind, documentId, line.units), dependsOn: line.last === null ? [] : [line.last] }
      : {}
    line.isOther = true
    return { ...old, patches, ...stands }
  }

  #lineOf({ kind, documentId }: Unit): Line {
    const key = `${kind}/${documentId}`
    const line = this.#lines.get(key) ?? { units: [], last: null, isOther: false }
    this.#lines.set(key, line)
    return line
  }
}

/** Throws where they are none, or of a map that the kind has not: stored, they could neither be shown nor sent. */
function patchesOf(unit: Unit, given: unknown): readonly Patch[] {
  const { patches } = unitInput.parse({ ...unitJson(unit), patches: given })
  const unknown = patches.find(({ map }) => kindOf(unit.kind)?.maps.includes(map) !== true)
  if (unknown !== undefined) throw new RangeError(`a ${unit.kind} has no map ${unknown.map}`)
  return patches
}
