// The likely effect of what is pending: every command is run on the replica by the very code that the region runs, every unit lies
// on its document, one after the other. The region's outcome decides; this is what the app sees until then. Pure.

import { compareTimes, formatTime, type HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { CommandContext, CommandDefinition, Decision, Principal } from '@causeway/schema/documents/command'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { type DocumentKind, type DocumentState, emptyState } from '@causeway/schema/documents/document'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { editState } from '@causeway/schema/documents/state'
import type { Unit } from '@causeway/schema/documents/units/unit'
import { unfenced } from '@causeway/schema/fence/unfenced'
import { applyEffect } from '@causeway/schema/stock/levels'
import { emptyCells, mainLocation, rightsOf, type StockRow } from '@causeway/schema/stock/row'
import type { SyncLevel } from '@causeway/schema/sync/items'
import { drawsOf } from '../leases/draw.ts'
import { askerOf } from './asker.ts'
import { type Confirmed, keyOf } from './confirmed.ts'
import { definitions } from './definitions.ts'
import { type Layered, Layers } from './owned.ts'
import type { Pending } from './pending.ts'

/** A region for what nobody has yet said the region of. */
export const unknownRegion = 'device'
/** Units of a SKU that the device does not follow: whether there are enough is for the region to say. */
const unknownUnits = 2 ** 40

/** What a device has signed is for regions to judge: here it has no likely effect. */
const noLeaseCheck: CommandContext['leaseCheck'] = { sha256: () => new Uint8Array(32), verifyDevice: () => false }

type PendingCommand = Extract<Pending, { type: 'command' }>

/** What one command came to when it was run last. */
interface Ran {
  /** All that it read or changed: where none of it moves, it need not be run again. */
  readonly keys: ReadonlySet<string>
  /** As they were after it, by `kind/id`. */
  readonly states: Map<string, DocumentState>
  /** By SKU. */
  readonly rows: Map<string, StockRow>
  readonly drawn: Map<string, number>
}

export class Effects {
  readonly #confirmed: Confirmed
  readonly #user: string
  readonly #layers = new Layers()
  #pending: readonly Pending[] = []
  readonly #ran = new Map<Pending, Ran>()
  /** Of each document, in order. */
  readonly #units = new Map<string, Unit[]>()
  #states = new Map<string, DocumentState>()
  #rows = new Map<string, StockRow>()
  /** Units sold from leases, by SKU: they were nobody else's. */
  #drawn = new Map<string, number>()
  /** Of the command that is being run. */
  #reads = new Set<string>()

  constructor(confirmed: Confirmed, user: string) {
    this.#confirmed = confirmed
    this.#user = user
  }

  /** Everything that is shown otherwise than confirmed. */
  get changed(): readonly string[] {
    const skus = [...this.#rows.keys(), ...this.#drawn.keys()]
    return [...this.#units.keys(), ...this.#states.keys(), ...skus.map((sku) => keyOf('stock', sku))]
  }

  /**
   * What is pending now, after confirmed data at the keys `touched` has moved. Runs again what that concerns, and gives the keys at
   * which something may look different.
   */
  update(pending: readonly Pending[], touched: readonly string[]): ReadonlySet<string> {
    const moved = new Set(touched)
    this.#take(pending, moved)
    this.#states = new Map()
    this.#rows = new Map()
    this.#drawn = new Map()
    for (const one of pending) if (one.type === 'command') this.#runWhereMoved(one, moved)
    return moved
  }

  clear(): void {
    this.update([], [])
    this.#layers.close()
  }

  /** As shown; undefined where there is none. */
  state(kind: string, id: string): DocumentState | undefined {
    const key = keyOf(kind, id)
    const units = this.#units.get(key)
    return (
      this.#states.get(key) ?? (units === undefined ? this.#confirmedState(kind, id) : this.laid(kind, id, units).state)
    )
  }

  /** A document that the device may change, with these units on it, or with all that are pending. */
  laid(kind: string, id: string, units: readonly Unit[] = this.#units.get(keyOf(kind, id)) ?? []): Layered {
    return this.#layers.layer(kind, id, this.#confirmed.owned(kind, id), units)
  }

  level(sku: string): SyncLevel | undefined {
    const content = this.#confirmed.get('stock', sku)?.content
    const level = content !== undefined && 'level' in content ? content.level : undefined
    const row = this.#rows.get(sku)
    const drawn = this.#drawn.get(sku) ?? 0
    if (level === undefined) return level
    const left = { ...level, reserved: level.reserved + drawn, leased: Math.max(0, level.leased - drawn) }
    if (row === undefined) return drawn === 0 ? level : left
    const { received, returned, shipped, writtenOff, sold, released } = row.cells
    const onHand = received + returned - shipped - writtenOff
    const reserved = sold - released - shipped - level.leased + drawn
    return { ...left, onHand, reserved, available: Math.max(0, rightsOf(row)) }
  }

  /** Whose work has come or gone: all that it changed moves. */
  #take(pending: readonly Pending[], moved: Set<string>): void {
    const known = this.#pending
    this.#pending = pending
    if (pending.length >= known.length && known.every((one, index) => pending[index] === one)) {
      for (const one of pending.slice(known.length)) if (one.type === 'unit') this.#addUnit(one.unit, moved)
      return
    }
    const [before, now] = [new Set(known), new Set(pending)]
    const documents = new Set<string>()
    for (const one of known) if (!now.has(one)) this.#drop(one, documents, moved)
    for (const one of pending) if (one.type === 'unit' && !before.has(one)) documents.add(keyOfUnit(one.unit))
    for (const key of documents) {
      this.#units.delete(key)
      moved.add(key)
    }
    // In the order of now.
    for (const one of pending)
      if (one.type === 'unit' && documents.has(keyOfUnit(one.unit))) this.#addUnit(one.unit, moved)
  }

  #addUnit(unit: Unit, moved: Set<string>): void {
    const key = keyOfUnit(unit)
    this.#units.set(key, [...(this.#units.get(key) ?? []), unit])
    moved.add(key)
  }

  #drop(one: Pending, documents: Set<string>, moved: Set<string>): void {
    if (one.type === 'unit') documents.add(keyOfUnit(one.unit))
    for (const key of changedBy(this.#ran.get(one))) moved.add(key)
    this.#ran.delete(one)
  }

  #runWhereMoved(command: PendingCommand, moved: Set<string>): void {
    const before = this.#ran.get(command)
    if (before !== undefined && ![...before.keys].some((key) => moved.has(key))) {
      this.#add(before)
      return
    }
    this.#reads = new Set()
    const ran = this.#run(command)
    this.#add(ran)
    this.#ran.set(command, ran)
    for (const key of [...changedBy(before), ...changedBy(ran)]) moved.add(key)
  }

  #add({ states, rows, drawn }: Ran): void {
    for (const [key, state] of states) this.#states.set(key, state)
    for (const [sku, row] of rows) this.#rows.set(sku, row)
    for (const [sku, units] of drawn) this.#drawn.set(sku, units)
  }

  #run(command: PendingCommand): Ran {
    const { id, name, input, time, isCounted = false } = command
    const [states, rows, drawn] = [
      new Map<string, DocumentState>(),
      new Map<string, StockRow>(),
      new Map<string, number>(),
    ]
    const ran: Ran = { keys: this.#reads, states, rows, drawn }
    const definition = definitions[name]
    const draws = name === 'placeOrder' ? drawsOf({ input }) : []
    const parsed = definition.parse(draws.length === 0 ? input : { ...input, leases: null })
    if ('errors' in parsed) return ran
    const leased = new Set(draws.map(({ sku }) => sku))
    // What was sold from a lease, or is sold as a region has said, is there for certain.
    const isThere = (sku: string) => isCounted || leased.has(sku)
    const asker = askerOf(this.#user, command, (order) => this.#view(orderKind, order)?.customerId ?? null)
    // A second time on an order that has come meanwhile, a return would be more than it is.
    if (isCounted && name === 'returnOrderLines' && 'id' in input && this.#confirmed.get('order', String(input.id)))
      return ran
    const decision = this.#decide(definition, parsed.input, this.#context(id, time, isThere, asker))
    if (decision?.status !== 'accepted') return ran
    for (const { kind, id: documentId, edits } of decision.documents) {
      const key = keyOf(kind, documentId)
      const before = states.get(key) ?? this.state(kind, documentId) ?? emptyState
      states.set(key, this.#withLater(key, editState(before, edits, time, this.#region, kind), time))
    }
    for (const effect of isCounted ? [] : decision.stock) {
      const { sku } = effect
      if (leased.has(sku)) drawn.set(sku, (drawn.get(sku) ?? this.#drawn.get(sku) ?? 0) + (effect.sold ?? 0))
      else rows.set(sku, applyEffect(rows.get(sku) ?? this.#row(sku), effect))
    }
    for (const key of changedBy(ran)) this.#reads.add(key)
    return ran
  }

  /** A direct change of the same document that was made after the command stands above it. */
  #withLater(key: string, state: DocumentState, time: HybridTime): DocumentState {
    const later = (this.#units.get(key) ?? []).filter((unit) => compareTimes(unit.time, time) > 0)
    return later.reduce((shown, unit) => editState(shown, unit.patches, unit.time, unit.region, unit.kind), state)
  }

  /** A command that trips over what the device does not hold has no likely effect; the region will say. */
  #decide<Input>(definition: CommandDefinition<Input>, input: Input, context: CommandContext): Decision | null {
    try {
      return definition.run(context, input)
    } catch {
      return null
    }
  }

  get #region(): string {
    return this.#confirmed.place.region ?? unknownRegion
  }

  #context(
    commandId: string,
    time: HybridTime,
    isThere: (sku: string) => boolean,
    principal: Principal,
  ): CommandContext {
    const rowOf = (sku: string) => (isThere(sku) ? this.#rowWith(sku, unknownUnits, 0) : this.#row(sku))
    const region = this.#region
    const { regions } = this.#confirmed.place
    const members = regions.includes(region) ? regions : [...regions, region]
    return {
      ...{ region, origin: region, members, time, principal, resent: false, key: null },
      commandId: `${formatTime(time)}.${commandId}`,
      memberOrigins: Object.fromEntries(members.map((member) => [member, member])),
      view: (kind, id) => this.#view(kind, id),
      kindsOf: (id) => this.#kindsOf(id),
      byAlias: (kind, alias) => {
        const seller = alias.startsWith('sku:') ? this.#confirmed.sellerOf(alias.slice(4)) : undefined
        return seller === undefined ? undefined : this.#view(kind, seller)
      },
      ownStock: rowOf,
      stock: (sku) => [rowOf(sku)],
      outcomes: () => [],
      isStable: () => false,
      ...{ leaseCheck: noLeaseCheck, operators: null },
      fencing: unfenced(members),
    }
  }

  #view<View>(kind: DocumentKind<View>, id: string): View | undefined {
    this.#reads.add(keyOf(kind.name, id))
    const state = this.state(kind.name, id)
    if (state !== undefined) return kind.view(id, state)
    // A customer whom the device does not follow is taken to be there: orders name them.
    if (kind.name !== customerKind.name) return undefined
    return kind.view(id, {
      fields: { homeRegion: [{ value: this.#region, time: { wallMs: 0, counter: 0 }, region: this.#region }] },
    })
  }

  #kindsOf(id: string): readonly string[] {
    return ['product', 'order', 'customer', 'cart', 'contact'].filter((kind) => {
      this.#reads.add(keyOf(kind, id))
      return this.state(kind, id) !== undefined
    })
  }

  /** All that is left of a SKU as one row, whichever region has it: a region asks the others. */
  #row(sku: string): StockRow {
    this.#reads.add(keyOf('stock', sku))
    const known = this.#rows.get(sku)
    if (known !== undefined) return known
    const content = this.#confirmed.get('stock', sku)?.content
    const level = content !== undefined && 'level' in content ? content.level : null
    const received = level?.onHand ?? unknownUnits
    const sold = level === null ? 0 : level.onHand - level.available
    return this.#rowWith(sku, received, sold)
  }

  #rowWith(sku: string, received: number, sold: number): StockRow {
    return { sku, location: mainLocation, holder: this.#region, givenIn: 0, cells: { ...emptyCells, received, sold } }
  }

  #confirmedState(kind: string, id: string): DocumentState | undefined {
    const content = this.#confirmed.get(kind, id)?.content
    if (content === undefined || 'level' in content) return undefined
    return 'state' in content ? content.state : this.laid(kind, id, []).state
  }
}

function keyOfUnit({ kind, documentId }: Unit): string {
  return keyOf(kind, documentId)
}

function changedBy(ran: Ran | undefined): readonly string[] {
  if (ran === undefined) return []
  const skus = [...ran.rows.keys(), ...ran.drawn.keys()]
  return [...ran.states.keys(), ...skus.map((sku) => keyOf('stock', sku))]
}
