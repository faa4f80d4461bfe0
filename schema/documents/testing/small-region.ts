// One region of a small cluster for tests: runs commands, applies commits, knows what is stable, settles what it owes.
// Everything in memory, no document is built. It exists to hold the pure rules together, not to be fast.

import { type HybridTime, observe, originOfTime, tick } from '../../clock/hybrid-clock.ts'
import type { Origin, RegionId } from '../../clock/origin.ts'
import {
  advance,
  covers,
  emptyVector,
  meetVectors,
  sequenceOf,
  type VersionVector,
} from '../../clock/version-vector.ts'
import type { CommitEvent, PlacementClass } from '../../commit/commit.ts'
import { noFences } from '../../fence/fence-log.ts'
import { fencingOf } from '../../fence/fencing.ts'
import { applyEffect } from '../../stock/levels.ts'
import { isSameCommand, winningOutcome } from '../../stock/outcomes.ts'
import { emptyCells, mainLocation, rightsOf, type StockCells, type StockRow } from '../../stock/row.ts'
import { settleKey } from '../../stock/settle-key.ts'
import { orderToWithdraw, withdrawOrder } from '../../stock/withdraw-order.ts'
import {
  accept,
  type CommandContext,
  type CommandDefinition,
  type Decision,
  type KnownOutcome,
  type Principal,
  refuse,
} from '../command.ts'
import { type DocumentEdits, type DocumentKind, type DocumentState, emptyState } from '../document.ts'
import { absorbFacts } from '../facts.ts'
import { leaseKind, leaseRow } from '../lease/kind.ts'
import { factObligations } from '../lease/obligations.ts'
import { settleLease } from '../lease/settle.ts'
import { settleOrder } from '../order/settle.ts'
import { factKindOf } from '../registry.ts'
import { editState } from '../state.ts'
import { type SmallCall, type SmallCommit, type SmallDuty, sequenceAt } from './small-commit.ts'
import { smallCheck } from './small-device.ts'

export const operator: Principal = { subject: 'operator', roles: ['operator'], region: null }

export class SmallRegion {
  readonly id: RegionId
  /** Who has to hold something for it to be stable. */
  members: readonly RegionId[]
  /** Whom it gives rights to: nobody retires them. */
  standing: readonly RegionId[]
  /** Origins that it has taken over (S7). */
  estate: readonly Origin[] = []
  readonly log: SmallCommit[] = []
  readonly states = new Map<string, DocumentState>()
  readonly rows = new Map<string, Map<Origin, StockCells>>()
  readonly outcomes: KnownOutcome[] = []
  frontier: VersionVector = emptyVector
  duties: readonly SmallDuty[] = []
  #time: HybridTime = originOfTime
  readonly #clocks = new Map<RegionId, VersionVector>()
  readonly #applied: SmallCommit[] = []
  #unique = 0

  constructor(id: RegionId, members: readonly RegionId[]) {
    this.id = id
    this.members = members
    this.standing = members
  }

  /** Throws where the input does not parse: tests give what is well formed. */
  run<Input>(definition: CommandDefinition<Input>, raw: unknown, call: SmallCall = {}): Decision {
    const parsed = definition.parse(raw)
    if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors))
    const known = call.key === undefined ? undefined : winningOutcome(this.#outcomesOf(call.key))
    const inputDigest = JSON.stringify(definition.identityOf?.(raw as Input) ?? raw)
    if (known !== undefined && !isSameCommand(known, { command: definition.name, inputDigest }))
      return refuse({ code: 'IDEMPOTENCY_CONFLICT', message: 'The key was used with another input.' })
    if (known?.accepted) return accept({ result: known.result })
    const time = tick(this.#time, call.wallMs ?? this.#time.wallMs)
    const decision = definition.run(this.context(time, call), parsed.input)
    if (decision.status === 'accepted') this.#commit({ command: definition.name, inputDigest }, decision, time, call)
    else if (decision.keeps)
      this.#commit({ command: definition.name, inputDigest }, accept({ ...decision.keeps, result: {} }), time, {})
    return decision
  }

  view<View>(kind: DocumentKind<View>, id: string): View | undefined {
    const state = this.states.get(`${kind.name}/${id}`)
    return state && kind.view(id, state)
  }

  stock(sku: string): readonly StockRow[] {
    const rows = this.rows.get(sku) ?? new Map<Origin, StockCells>()
    return [...rows].map(([holder, cells]) => {
      const givenIn = [...rows.values()].reduce((sum, { given }) => sum + (given[holder] ?? 0), 0)
      return { sku, location: mainLocation, holder, cells, givenIn }
    })
  }

  /** Rights of the own row, whether it has one yet or was only given to. */
  rights(sku: string): number {
    return rightsOf(this.context(this.#time, {}).ownStock(sku))
  }

  /** True where the commit could be applied now and was. */
  apply(commit: SmallCommit): boolean {
    const { origin, sequence, clock } = commit
    if (sequence !== sequenceOf(this.frontier, origin) + 1 || !covers(this.frontier, clock)) return false
    this.frontier = advance(this.frontier, origin, sequence)
    this.#clocks.set(origin, advance(clock, origin, sequence))
    this.#time = observe(this.#time, commit.time)
    for (const { sku, holder, cells } of commit.reclaimed) this.#putRow(sku, holder, cells)
    this.#applied.push(commit)
    for (const [sku, cells] of commit.rows) this.#putRow(sku, origin, cells)
    for (const event of commit.events) this.#absorb(event, commit)
    for (const outcome of commit.outcomes) this.#learn(outcome)
    return true
  }

  /** Tries everything that is due; what is refused for lack of rights stays. Returns the SKUs that were lacking. */
  settle(): readonly { readonly sku: string; readonly missing: number }[] {
    const stable = this.stable()
    const isDue = ({ waitsFor }: SmallDuty) =>
      waitsFor === null || sequenceOf(stable, waitsFor.origin) >= waitsFor.sequence
    const due = this.duties.filter(isDue)
    const left = this.duties.filter((duty) => !isDue(duty))
    this.duties = []
    const debts: SmallDuty[] = []
    const shortages = due.flatMap((duty) => {
      const { subject, id, item } = duty
      const decision = this.#settleOne(subject, id, item)
      if (decision.status === 'accepted') return []
      debts.push(duty)
      return decision.shortages
    })
    this.duties = [...left, ...this.duties, ...debts]
    return shortages
  }

  #settleOne(subject: SmallDuty['subject'], id: string, item: string): Decision {
    if (subject === 'lease') return this.run(settleLease, { id, item })
    if (subject === 'order') return this.run(settleOrder, { id, item })
    const holder = item === '' ? this.id : item
    const order = orderToWithdraw(this.#outcomesOf(id), holder)
    if (order === null) return this.run(settleKey, { key: id, holder })
    const withdrawn = this.run(withdrawOrder, { id: order, key: id, holder })
    // One that is on its way stands, and operators are told.
    return withdrawn.status === 'accepted' ? withdrawn : accept({ result: {} })
  }

  stable(): VersionVector {
    let stable = this.frontier
    for (const member of this.members)
      if (member !== this.id) stable = meetVectors(stable, this.#clocks.get(member) ?? emptyVector)
    return stable
  }

  context(time: HybridTime, call: SmallCall): CommandContext {
    return {
      region: this.id,
      origin: this.id,
      members: this.standing,
      memberOrigins: Object.fromEntries(this.standing.map((member) => [member, member])),
      fencing: { ...fencingOf(noFences, this.members, this.id, this.frontier), estate: this.estate },
      time,
      principal: call.principal ?? operator,
      resent: call.resent ?? false,
      key: call.key ?? null,
      commandId: call.key ?? `${this.id}-${++this.#unique}`,
      view: (kind, id) => this.view(kind, id),
      kindsOf: (id) =>
        [...this.states.keys()].filter((key) => key.endsWith(`/${id}`)).map((key) => key.split('/')[0] ?? ''),
      byAlias: (kind, alias) => this.#byAlias(kind, alias),
      ownStock: (sku) => this.stock(sku).find(({ holder }) => holder === this.id) ?? this.#emptyRow(sku),
      stock: (sku) => this.stock(sku),
      outcomes: (key) => this.#outcomesOf(key),
      isStable: (place) =>
        sequenceOf(this.stable(), place.origin) >= sequenceAt([...this.log, ...this.#applied], place),
      leaseCheck: smallCheck,
      operators: null,
    }
  }

  /** Puts a document here as if it had always been: what a test starts from. */
  seed({ kind, id, edits }: Omit<DocumentEdits, 'placement'>, time: HybridTime = originOfTime): void {
    const key = `${kind}/${id}`
    this.states.set(key, editState(this.states.get(key) ?? emptyState, edits, time, this.members[0] ?? this.id, kind))
  }

  #emptyRow(sku: string): StockRow {
    const rows = [...(this.rows.get(sku)?.values() ?? [])]
    const givenIn = rows.reduce((sum, { given }) => sum + (given[this.id] ?? 0), 0)
    return { sku, location: mainLocation, holder: this.id, cells: emptyCells, givenIn }
  }

  #byAlias<View>(kind: DocumentKind<View>, alias: string): View | undefined {
    for (const [key, state] of this.states) {
      const [name, id = ''] = key.split('/')
      if (name !== kind.name) continue
      const view = kind.view(id, state)
      if (view !== undefined && kind.index(view).aliases.some((each) => each.name === alias)) return view
    }
    return undefined
  }

  #outcomesOf(key: string): readonly KnownOutcome[] {
    return this.outcomes.filter((outcome) => outcome.key === key)
  }

  #commit(
    { command, inputDigest }: Pick<KnownOutcome, 'command' | 'inputDigest'>,
    decision: Extract<Decision, { status: 'accepted' }>,
    time: HybridTime,
    call: SmallCall,
  ): void {
    const { events, documents, stock, obligations, reclaimed, result, record } = decision
    if (events.length === 0 && call.key === undefined) return
    const sequence = sequenceOf(this.frontier, this.id) + 1
    const rows = new Map<string, StockCells>()
    for (const { sku, holder, cells } of reclaimed) this.#putRow(sku, holder, cells)
    for (const effect of stock) {
      const row = this.context(time, call).ownStock(effect.sku)
      const grown = applyEffect({ ...row, cells: rows.get(effect.sku) ?? row.cells }, effect)
      if (rightsOf(grown) < 0) throw new Error(`S1: ${command} overspends ${effect.sku}`)
      rows.set(effect.sku, grown.cells)
    }
    for (const edits of documents) this.#stamp(edits, time)
    const base = {
      origin: this.id,
      sequence,
      time,
      inputDigest,
      accepted: true,
      command,
      resent: call.resent ?? false,
    }
    const outcomes: KnownOutcome[] = call.key === undefined ? [] : [{ ...base, key: call.key, result }]
    if (record !== undefined) outcomes.push({ ...base, ...record })
    const commit = { origin: this.id, sequence, clock: this.frontier, time, events, rows, reclaimed, outcomes }
    this.frontier = advance(this.frontier, this.id, sequence)
    this.#time = time
    for (const [sku, cells] of rows) this.#putRow(sku, this.id, cells)
    for (const outcome of outcomes) this.#learn(outcome)
    for (const { when, ...duty } of obligations)
      this.#owe({ ...duty, waitsFor: when === 'now' ? null : { origin: this.id, sequence } })
    this.log.push(commit)
  }

  /** Own edits carry this region's name. */
  #stamp({ kind, id, edits }: DocumentEdits & { placement: PlacementClass }, time: HybridTime): void {
    const key = `${kind}/${id}`
    this.states.set(key, editState(this.states.get(key) ?? emptyState, edits, time, this.id, kind))
    this.#putLeaseRow(kind, id)
  }

  #absorb(event: CommitEvent, commit: SmallCommit): void {
    const kind = factKindOf(event.type)
    if (kind === undefined) return
    const key = `${kind.name}/${event.entityId}`
    const fact = { data: event.data, time: commit.time, region: commit.origin }
    const state = absorbFacts(this.states.get(key) ?? emptyState, [fact])
    this.states.set(key, state)
    this.#putLeaseRow(kind.name, event.entityId)
    const drafts = this.#owners.flatMap((owner) => factObligations(owner, kind.name, event.entityId, state, event.data))
    for (const { when, writer, ...duty } of drafts) {
      const sequence = writer === undefined ? commit.sequence : sequenceOf(this.frontier, writer)
      this.#owe({ ...duty, waitsFor: when === 'now' ? null : { origin: writer ?? commit.origin, sequence } })
    }
  }

  /** The row that a lease's facts come to. */
  #putLeaseRow(kind: string, id: string): void {
    const lease = kind === leaseKind.name ? this.view(leaseKind, id) : undefined
    if (lease !== undefined) this.#putRow(lease.sku, id, leaseRow(lease).cells)
  }

  #learn(outcome: KnownOutcome): void {
    this.outcomes.push(outcome)
    if (outcome.key.startsWith(':')) return
    const all = this.#outcomesOf(outcome.key)
    const standing = winningOutcome(all)
    for (const { key, origin, accepted } of all)
      if (accepted && origin !== standing?.origin && this.#owners.includes(origin))
        this.#owe({ subject: 'key', id: key, item: origin === this.id ? '' : origin, waitsFor: null })
  }

  /** For whom it settles. */
  get #owners(): readonly Origin[] {
    return [this.id, ...this.estate]
  }

  #owe(duty: SmallDuty): void {
    this.duties = [...this.duties, duty]
  }

  #putRow(sku: string, holder: Origin, cells: StockCells): void {
    const rows = this.rows.get(sku) ?? new Map<Origin, StockCells>()
    rows.set(holder, cells)
    this.rows.set(sku, rows)
  }
}
