// The likely effect of what is pending: every command is run on the replica by the very code that the region runs, every unit lies
// on its document, one after the other. The region's outcome decides; this is what the app sees until then. Pure.

import { formatTime, type HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { CommandContext, CommandDefinition, Decision, Principal } from '@causeway/schema/documents/command'
import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { type DocumentKind, type DocumentState, emptyState } from '@causeway/schema/documents/document'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, deliverOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { editState } from '@causeway/schema/documents/state'
import type { Unit } from '@causeway/schema/documents/units/unit'
import { unfenced } from '@causeway/schema/fence/unfenced'
import { receiveStock, recordStockMovements } from '@causeway/schema/stock/commands'
import { applyEffect } from '@causeway/schema/stock/levels'
import { emptyCells, mainLocation, rightsOf, type StockRow } from '@causeway/schema/stock/row'
import type { SyncLevel } from '@causeway/schema/sync/items'
import { drawsOf } from '../leases/draw.ts'
import type { CommandName } from '../operations.ts'
import { type Confirmed, keyOf } from './confirmed.ts'
import { layer } from './owned.ts'

export type Pending =
  | { readonly type: 'unit'; readonly id: string; readonly unit: Unit }
  | {
      readonly type: 'command'
      readonly id: string
      readonly name: CommandName
      readonly input: object
      readonly time: HybridTime
    }

/** Each parses its own input: what is handed to `run` is what `parse` gave. */
const definitions: Readonly<Record<CommandName, CommandDefinition<unknown>>> = {
  placeOrder: placeOrder as CommandDefinition<unknown>,
  cancelOrder: cancelOrder as CommandDefinition<unknown>,
  shipOrder: shipOrder as CommandDefinition<unknown>,
  deliverOrder: deliverOrder as CommandDefinition<unknown>,
  returnOrderLines: returnOrderLines as CommandDefinition<unknown>,
  upsertCustomer: upsertCustomer as CommandDefinition<unknown>,
  receiveStock: receiveStock as CommandDefinition<unknown>,
  recordStockMovements: recordStockMovements as CommandDefinition<unknown>,
}

/** A region for what nobody has yet said the region of. */
export const unknownRegion = 'device'
/** Units of a SKU that the device does not follow: whether there are enough is for the region to say. */
const unknownUnits = 2 ** 40

/** What a device has signed is for regions to judge: here it has no likely effect. */
const noLeaseCheck: CommandContext['leaseCheck'] = { sha256: () => new Uint8Array(32), verifyDevice: () => false }

export class Effects {
  readonly #confirmed: Confirmed
  readonly #user: string
  readonly #states = new Map<string, DocumentState>()
  readonly #rows = new Map<string, StockRow>()
  /** Units sold from leases, by SKU: they were nobody else's. */
  readonly #drawn = new Map<string, number>()
  readonly #units = new Map<string, Unit[]>()
  readonly #reads = new Set<string>()
  readonly #changed = new Set<string>()

  constructor(confirmed: Confirmed, user: string) {
    this.#confirmed = confirmed
    this.#user = user
  }

  /** Everything that is shown otherwise than confirmed. */
  get changed(): ReadonlySet<string> {
    return this.#changed
  }

  /** True where a change of the confirmed item could change an effect. */
  dependsOn(key: string): boolean {
    return this.#reads.has(key) || this.#changed.has(key)
  }

  add(pending: Pending): void {
    if (pending.type === 'unit') this.#addUnit(pending.unit)
    else this.#run(pending)
  }

  /** As shown; undefined where there is none. */
  state(kind: string, id: string): DocumentState | undefined {
    return this.#states.get(keyOf(kind, id)) ?? this.#confirmedState(kind, id)
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

  #addUnit(unit: Unit): void {
    const key = keyOf(unit.kind, unit.documentId)
    const units = [...(this.#units.get(key) ?? []), unit]
    this.#units.set(key, units)
    this.#changed.add(key)
    const content = this.#confirmed.get(unit.kind, unit.documentId)?.content
    const owned = content !== undefined && 'changes' in content ? content : null
    this.#states.set(key, layer(unit.kind, owned, units).state)
  }

  #run({ id, name, input, time }: Extract<Pending, { type: 'command' }>): void {
    const definition = definitions[name]
    const draws = name === 'placeOrder' ? drawsOf({ input }) : []
    const parsed = definition.parse(draws.length === 0 ? input : { ...input, leases: null })
    if ('errors' in parsed) return
    const leased = new Set(draws.map(({ sku }) => sku))
    const decision = this.#decide(definition, parsed.input, this.#context(id, time, leased))
    if (decision?.status !== 'accepted') return
    for (const { kind, id: documentId, edits } of decision.documents) {
      const key = keyOf(kind, documentId)
      const before = this.state(kind, documentId) ?? emptyState
      this.#states.set(key, editState(before, edits, time, this.#region, kind))
      this.#changed.add(key)
    }
    for (const effect of decision.stock) {
      if (leased.has(effect.sku)) this.#drawn.set(effect.sku, (this.#drawn.get(effect.sku) ?? 0) + (effect.sold ?? 0))
      else this.#rows.set(effect.sku, applyEffect(this.#row(effect.sku), effect))
      this.#changed.add(keyOf('stock', effect.sku))
    }
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

  #context(commandId: string, time: HybridTime, leased: ReadonlySet<string>): CommandContext {
    // What was sold from a lease is there for certain.
    const rowOf = (sku: string) => (leased.has(sku) ? this.#rowWith(sku, unknownUnits, 0) : this.#row(sku))
    const region = this.#region
    const { regions } = this.#confirmed.place
    const members = regions.includes(region) ? regions : [...regions, region]
    // Who may do what is the region's to say: a device does not know its token's roles.
    const principal: Principal = { subject: this.#user, roles: ['operator'], region: null }
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
      leaseCheck: noLeaseCheck,
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
    return ['product', 'order', 'customer', 'cart', 'contact'].filter((kind) => this.state(kind, id) !== undefined)
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
    return 'state' in content ? content.state : layer(kind, content, []).state
  }
}
