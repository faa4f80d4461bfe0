// Makes work for the outbox: names it, stamps it with the region's time, and says what a direct change stands on; and reads it back
// as what the replica shows. Knows no storage and no network.

import { formatTime, type HybridTime, parseTime } from '@causeway/schema/clock/hybrid-clock'
import { isRebased } from '@causeway/schema/documents/units/judge'
import { type Patch, type Unit, unitInput, unitJson } from '@causeway/schema/documents/units/unit'
import { type CommandName, isCommandName, type LeaseWork } from './operations.ts'
import { ClientError } from './outbox/client-error.ts'
import type { OutboxEntry, QueuedCommand } from './outbox/outbox.ts'
import type { ClientPorts } from './ports.ts'
import type { RegionClock } from './region-clock.ts'
import { unknownRegion } from './replica/effects.ts'
import type { Pending } from './replica/pending.ts'
import type { Replica } from './replica/replica.ts'

export interface WorkbenchOptions {
  readonly replica: Replica
  readonly clock: RegionClock
  readonly ports: ClientPorts
  readonly deviceId: string
  readonly entries: () => readonly OutboxEntry[]
  /** Whether a document is asked for, so that what regions make of it comes in. */
  readonly follows: (kind: string, documentId: string) => boolean
}

function reasonOf({
  issues: [first],
}: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}): string {
  return `cannot be sent: ${first?.path.join('.')}: ${first?.message}`
}

function sameHeads(base: readonly string[], input: object): boolean {
  return 'base' in input && JSON.stringify(input.base) === JSON.stringify(base)
}

/** How often a refused change is made anew before it counts as refused. */
const maximumRebases = 5

export class Workbench {
  readonly #options: WorkbenchOptions
  readonly #pending = new WeakMap<QueuedCommand, Pending>()
  readonly #counted = new WeakMap<Pending, Pending>()

  constructor(options: WorkbenchOptions) {
    this.#options = options
  }

  command(name: CommandName | LeaseWork, input: object): QueuedCommand {
    return this.#work(name, structuredClone(input), this.#newId(), this.#options.clock.tick())
  }

  /** On what is shown now: later changes of the document stand on it. */
  change(kind: string, documentId: string, patches: readonly Patch[]): QueuedCommand {
    return this.#changing(kind, documentId, patches, null)
  }

  /** A refused change made anew on what stands before it; null where it is refused for good (R7). */
  rebase(refused: QueuedCommand, code: string): QueuedCommand | 'later' | null {
    const { rebases = 0 } = refused
    if (refused.name !== 'change' || !isRebased(code) || rebases >= maximumRebases) return null
    const { kind, documentId, patches, base, dependsOn } = unitInput.parse(refused.input)
    if (code === 'DEPENDS_REFUSED' && this.#isWaiting(dependsOn)) return 'later'
    const anew = this.#changing(kind, documentId, patches, refused.id)
    if (code === 'BASE_UNKNOWN' && sameHeads(base, anew.input)) {
      // What its region has folded the document to is still to come; where nobody asks for that, it never does.
      return this.#options.follows(kind, documentId) ? 'later' : null
    }
    return { ...anew, rebases: rebases + 1 }
  }

  /** What it stands on is to be made anew itself. */
  #isWaiting(ids: readonly string[]): boolean {
    return this.#options.entries().some(({ state, command }) => state !== 'settled' && ids.includes(command.id))
  }

  /** The same object for the same work, counted or not; null for what shows no likely effect. */
  pendingOf(command: QueuedCommand, isCounted = false): Pending | null {
    const pending = this.#pendingOf(command)
    if (!isCounted || pending?.type !== 'command') return pending
    const counted = this.#counted.get(pending) ?? { ...pending, isCounted }
    this.#counted.set(pending, counted)
    return counted
  }

  #pendingOf(command: QueuedCommand): Pending | null {
    const known = this.#pending.get(command)
    if (known !== undefined) return known
    const { id, name, input } = command
    if (name !== 'change' && !isCommandName(name)) return null
    const pending: Pending =
      name === 'change'
        ? { type: 'unit', id, unit: unitInput.parse(input) }
        : { type: 'command', id, name, input, time: parseTime(command.time) }
    this.#pending.set(command, pending)
    return pending
  }

  /** `before`: the work in whose place it is made; null: after all. */
  #changing(kind: string, documentId: string, patches: readonly Patch[], before: string | null): QueuedCommand {
    const { replica, clock } = this.#options
    const region = replica.confirmed.place.region ?? unknownRegion
    const base = replica.heads(kind, documentId, before)
    const dependsOn = this.#lastChange(kind, documentId, before)
    const unit: Unit = { id: this.#newId(), kind, documentId, base, dependsOn, patches, time: clock.tick(), region }
    // As it is stored and travels: what the app does to its draft later changes nothing.
    const input: unknown = JSON.parse(JSON.stringify(unitJson(unit)))
    // A region turns a call away unread for one unit that it cannot read, and what stands on that would wait for ever.
    const read = unitInput.safeParse(input)
    if (!read.success)
      throw new ClientError('INVALID', `this change of the ${kind} ${documentId} ${reasonOf(read.error)}`)
    const work = this.#work('change', input as object, unit.id, unit.time)
    this.#pending.set(work, { type: 'unit', id: unit.id, unit: read.data })
    return work
  }

  /** The change without an outcome that the next one stands on: where that one is refused, a region says so, instead of waiting for it. */
  #lastChange(kind: string, documentId: string, before: string | null): readonly string[] {
    const entries = this.#options.entries()
    const end = before === null ? -1 : entries.findIndex(({ command }) => command.id === before)
    const last = (end < 0 ? entries : entries.slice(0, end)).findLast(({ state, command }) => {
      const pending = state === 'settled' || command.name !== 'change' ? null : this.pendingOf(command)
      return pending?.type === 'unit' && pending.unit.kind === kind && pending.unit.documentId === documentId
    })
    return last === undefined ? [] : [last.command.id]
  }

  #work(name: QueuedCommand['name'], input: object, id: string, time: HybridTime): QueuedCommand {
    return { id, name, input, queuedAt: this.#options.ports.now(), time: formatTime(time) }
  }

  #newId(): string {
    return `${this.#options.deviceId}.${this.#options.ports.newId()}`
  }
}
