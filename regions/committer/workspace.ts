// Runs the commands of one flush, one after the other, over what was loaded for them, and gathers what they decide.
// A command sees what the ones before it in the flush have done. Pure: the transaction around it is flush.ts.

import { comparePlaces } from '@causeway/db/order'
import type { Head, Loaded, StoredDocument } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import type { CommandOutcome } from '@causeway/schema/commit/commit'
import type { CommandContext, Decision, KnownOutcome, UserError } from '@causeway/schema/documents/command'
import type { DocumentEdits, DocumentKind, DocumentRef } from '@causeway/schema/documents/document'
import { emptyState } from '@causeway/schema/documents/document'
import { kindOf } from '@causeway/schema/documents/registry'
import { editState } from '@causeway/schema/documents/state'
import { isWhole } from '@causeway/schema/fence/fencing'
import { mayStandAgainstStable } from '@causeway/schema/fence/restored'
import type { JsonObject } from '@causeway/schema/json'
import { applyEffect } from '@causeway/schema/stock/levels'
import { winningOutcome } from '@causeway/schema/stock/outcomes'
import { takeOver } from '@causeway/schema/stock/reclaim'
import { emptyCells, mainLocation, rightsOf, type StockRow } from '@causeway/schema/stock/row'
import { type Drafts, emptyDrafts } from './drafts.ts'
import { documentKey, viewOf } from './node-cache.ts'
import type { PendingCommand, Ruling } from './pending.ts'

export interface WorkspaceSetting
  extends Pick<CommandContext, 'time' | 'members' | 'memberOrigins' | 'fencing' | 'leaseCheck' | 'operators'> {
  readonly head: Head
}

/** Of what a region records for itself: nobody can ask for it with another input. */
const noDigest = '0'.repeat(64)

export class Workspace {
  readonly #setting: WorkspaceSetting
  readonly #isWhole: boolean
  readonly #documents = new Map<string, StoredDocument>()
  readonly #aliases = new Map<string, string>()
  readonly #kindsById = new Map<string, Set<string>>()
  /** This origin's rows by SKU, and everybody else's: a flush changes its own alone (S2). */
  readonly #ownRows = new Map<string, StockRow>()
  readonly #otherRows = new Map<string, StockRow[]>()
  readonly #outcomes = new Map<string, KnownOutcome[]>()
  readonly drafts: Drafts = emptyDrafts()

  /** `skus`: those whose rows were asked for, whether or not there are any. */
  constructor(setting: WorkspaceSetting, loaded: Loaded, skus: readonly string[]) {
    this.#setting = setting
    this.#isWhole = isWhole(setting.fencing, setting.head.origin)
    this.addStock(skus, loaded.stock)
    for (const document of loaded.documents) this.#documents.set(documentKey(document), document)
    for (const { alias, document } of loaded.aliases) {
      this.#documents.set(documentKey(document), document)
      this.#aliases.set(alias, documentKey(document))
    }
    for (const { id, kind } of loaded.ids) this.#nameId(id, kind)
    for (const outcome of loaded.outcomes) listIn(this.#outcomes, outcome.key).push(outcome)
  }

  addStock(skus: readonly string[], rows: readonly StockRow[]): void {
    const { origin } = this.#setting.head
    for (const sku of skus) listIn(this.#otherRows, sku)
    for (const row of rows) {
      if (row.holder === origin && row.location === mainLocation) this.#ownRows.set(row.sku, row)
      else listIn(this.#otherRows, row.sku).push(row)
    }
  }

  /** SKUs that a command needs as its documents stand now, and that were not asked for. */
  missingSkus({ definition, input }: PendingCommand): readonly string[] {
    const skus = definition.skusOf?.(this.#reads, input) ?? []
    return skus.filter((sku) => !this.#otherRows.has(sku))
  }

  /** The edited documents as they stand after the flush. */
  documents(): readonly StoredDocument[] {
    return [...this.drafts.edited.keys()].flatMap((key) => this.#documents.get(key) ?? [])
  }

  /** Outcomes take the last sequence of their commit, so a replay can tell when they are stable. */
  run(pending: PendingCommand): Ruling {
    const replayed = pending.key === null ? null : this.#replay(pending, pending.key)
    if (replayed) return replayed
    if (this.missingSkus(pending).length > 0) return { status: 'again' }
    const decision = pending.definition.run(this.#context(pending), pending.input)
    if (!this.#isWhole && this.#hangsOnWhatWasLost(pending, decision))
      return { status: 'elsewhere', region: this.#setting.head.region }
    const refusedBefore = pending.naturalKey === null ? null : this.#refusalOf(pending.naturalKey)
    if (refusedBefore && (decision.status === 'refused' || decision.events.length > 0)) return refusedBefore
    const { shortages = [] } = decision
    if (shortages.length > 0 && !pending.final)
      return { status: 'short', shortages, errors: decision.status === 'refused' ? decision.errors : [] }
    if (decision.status === 'accepted') return this.#accept(pending, decision)
    if (decision.passing === 'pending') return { status: 'pending', until: decision.until ?? [] }
    if (decision.passing) return { status: 'refused', errors: decision.errors, position: null }
    for (const document of decision.keeps?.documents ?? []) this.#edit(document)
    this.drafts.events.push(...(decision.keeps?.events ?? []))
    return this.#refuse(pending, decision.errors)
  }

  /**
   * It stands against what may be stable, or was answered in another region already: others have taken it for certain that
   * this region knew (W8).
   */
  #hangsOnWhatWasLost(pending: PendingCommand, decision: Decision): boolean {
    if (pending.resent && (pending.key ?? pending.naturalKey) !== null) return true
    return decision.status === 'accepted' && mayStandAgainstStable(decision.events)
  }

  #replay(pending: PendingCommand, key: string): Ruling | null {
    const known = this.#outcomes.get(key)
    const first = known && winningOutcome(known)
    if (!first) return null
    if (first.inputDigest !== pending.inputDigest || first.command !== pending.definition.name) {
      const message = 'This idempotency key was used with another input: use a new key for a new command.'
      const errors = [{ code: 'IDEMPOTENCY_CONFLICT' as const, message, field: ['idempotencyKey'] }]
      return { status: 'refused', errors, position: null }
    }
    const position = { origin: first.origin, sequence: first.sequence }
    if (first.accepted) return { status: 'accepted', result: first.result, position }
    return { status: 'refused', errors: (first.result.errors ?? []) as unknown as UserError[], position }
  }

  /** What a resent attempt was told elsewhere: a late one must not be accepted after all (I3). */
  #refusalOf(naturalKey: string): Ruling | null {
    const refused = this.#outcomes.get(naturalKey)?.find(({ accepted }) => !accepted)
    if (!refused) return null
    const position = { origin: refused.origin, sequence: refused.sequence }
    return { status: 'refused', errors: (refused.result.errors ?? []) as unknown as UserError[], position }
  }

  #accept(pending: PendingCommand, decision: Extract<Decision, { status: 'accepted' }>): Ruling {
    // Rows first: an effect beyond its rights throws before anything of the command has been taken in (S1).
    const rows = new Map<string, StockRow>()
    for (const row of decision.reclaimed) {
      const { sku } = row
      rows.set(sku, takeOver(row, listIn(this.#otherRows, sku), rows.get(sku) ?? this.#ownRow(sku)))
      this.drafts.reclaimed.set(`${sku} ${row.holder}`, row)
    }
    for (const effect of decision.stock) {
      const row = applyEffect(rows.get(effect.sku) ?? this.#ownRow(effect.sku), effect)
      if (rightsOf(row) < 0)
        throw new Error(`${pending.definition.name} spends rights of ${effect.sku} that are not there`)
      rows.set(effect.sku, row)
    }
    for (const row of rows.values()) this.#putRow(row)
    for (const document of decision.documents) this.#edit(document)
    this.drafts.events.push(...decision.events)
    for (const { when, ...obligation } of decision.obligations) {
      this.drafts.obligations.push({ ...obligation, waitsFor: when === 'now' ? null : this.#here() })
    }
    if (pending.settles !== null) this.drafts.settled.push(pending.settles)
    if (decision.record) {
      const internal = { inputDigest: noDigest, command: pending.definition.name, accepted: true, resent: false }
      this.#remember({ ...internal, ...decision.record })
    }
    // A keyed command that changed nothing still has an outcome to keep, and a commit needs an event to carry it.
    const isQuiet = decision.events.length === 0
    if (isQuiet && pending.key !== null) this.#note('command.accepted', pending, {})
    if (pending.key !== null) this.#record(pending, pending.key, true, decision.result)
    const position = isQuiet && pending.key === null ? null : this.#here()
    return { status: 'accepted', result: decision.result, position }
  }

  #refuse(pending: PendingCommand, errors: readonly UserError[]): Ruling {
    const key = pending.key ?? (pending.resent ? pending.naturalKey : null)
    if (key === null) return { status: 'refused', errors, position: null }
    this.#note('command.refused', pending, { codes: errors.map(({ code }) => code) })
    this.#record(pending, key, false, { errors: errors as unknown as readonly never[] })
    return { status: 'refused', errors, position: this.#here() }
  }

  #note(type: string, pending: PendingCommand, more: JsonObject): void {
    const data = { command: pending.definition.name, ...more }
    this.drafts.events.push({ type, entityId: pending.commandId, data, placement: 'everywhere' })
  }

  #record(pending: PendingCommand, key: string, accepted: boolean, result: CommandOutcome['result']): void {
    const { resent } = pending
    const inputDigest = pending.inputDigest || noDigest
    this.#remember({ key, inputDigest, accepted, command: pending.definition.name, result, resent })
  }

  #remember(outcome: CommandOutcome): void {
    this.drafts.outcomes.push(outcome)
    listIn(this.#outcomes, outcome.key).push({ ...outcome, ...this.#here(), time: this.#setting.time })
  }

  /** The last sequence so far: final for the commit only once all commands of the flush have run, never beyond it. */
  #here(): { origin: Origin; sequence: number } {
    const { origin, sequence } = this.#setting.head
    return { origin, sequence: sequence + this.drafts.events.length }
  }

  #edit(document: DocumentEdits): void {
    const key = documentKey(document)
    const kind = requireKind(document.kind)
    const before = this.#documents.get(key) ?? null
    const edited = this.drafts.edited.get(key) ?? { before, placement: document.placement, edits: [] }
    edited.edits.push(...document.edits)
    this.drafts.edited.set(key, edited)
    const { time, head } = this.#setting
    const state = editState(before?.state ?? emptyState, document.edits, time, head.region, kind.name)
    const view = kind.view(document.id, state)
    if (view === undefined) throw new Error(`${document.kind} ${document.id} would not be whole`)
    const index = kind.index(view)
    for (const { name } of before?.index.aliases ?? []) if (this.#aliases.get(name) === key) this.#aliases.delete(name)
    for (const { name } of index.aliases) if (!this.#aliases.has(name)) this.#aliases.set(name, key)
    this.#documents.set(key, { kind: document.kind, id: document.id, heads: before?.heads ?? [], state, index })
    this.#nameId(document.id, document.kind)
  }

  #nameId(id: string, kind: string): void {
    const kinds = this.#kindsById.get(id)
    if (kinds) kinds.add(kind)
    else this.#kindsById.set(id, new Set([kind]))
  }

  #ownRow(sku: string): StockRow {
    const own = this.#ownRows.get(sku)
    if (own) return own
    // Cells written over a row that was not read would fall: better no command than a row that shrinks.
    if (!this.#otherRows.has(sku)) throw new Error(`the rows of ${sku} were not asked for`)
    return { sku, location: mainLocation, holder: this.#setting.head.origin, cells: emptyCells, givenIn: 0 }
  }

  #rows(sku: string): readonly StockRow[] {
    const own = this.#ownRows.get(sku)
    const others = this.#otherRows.get(sku) ?? []
    return own ? [...others, own] : others
  }

  #putRow(row: StockRow): void {
    const { sku, cells } = row
    const before = this.#ownRows.get(sku)?.cells.given
    const givesMore = before !== undefined && before !== cells.given
    if (givesMore && !this.drafts.givenBefore.has(sku)) this.drafts.givenBefore.set(sku, before)
    this.#ownRows.set(row.sku, row)
    this.drafts.stock.set(row.sku, row)
  }

  readonly #reads: Pick<CommandContext, 'view' | 'outcomes'> = {
    view: (kind, id) => this.#view(kind, { kind: kind.name, id }),
    outcomes: (key) => this.#outcomes.get(key) ?? [],
  }

  #view<View>(kind: DocumentKind<View>, reference: DocumentRef): View | undefined {
    const document = this.#documents.get(documentKey(reference))
    return document && viewOf(kind, document)
  }

  #context(pending: PendingCommand): CommandContext {
    const { head, time, members, memberOrigins, fencing, leaseCheck, operators } = this.#setting
    return {
      leaseCheck,
      operators,
      region: head.region,
      origin: head.origin,
      members,
      memberOrigins,
      fencing,
      time,
      principal: pending.principal,
      resent: pending.resent,
      commandId: pending.commandId,
      key: pending.key,
      ...this.#reads,
      // What is stable here may rest on what a restored region does not hold again yet (W8).
      isStable: (place) => this.#isWhole && pending.stable !== undefined && comparePlaces(pending.stable, place) === 0,
      kindsOf: (id) => [...(this.#kindsById.get(id) ?? [])],
      byAlias: (kind, alias) => {
        const document = this.#documents.get(this.#aliases.get(alias) ?? '')
        return document?.kind === kind.name ? viewOf(kind, document) : undefined
      },
      ownStock: (sku) => this.#ownRow(sku),
      stock: (sku) => this.#rows(sku),
    }
  }
}

export function requireKind(name: string): DocumentKind<unknown> {
  const kind = kindOf(name)
  if (!kind) throw new Error(`no kind of document is called ${name}`)
  return kind
}

function listIn<Item>(map: Map<string, Item[]>, key: string): Item[] {
  const list = map.get(key)
  if (list) return list
  const fresh: Item[] = []
  map.set(key, fresh)
  return fresh
}
