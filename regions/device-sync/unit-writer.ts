// Applies devices' units (R7) as one commit: the change of each on the heads that its device saw, with its outcome, in one
// transaction under the head's lock, as any other write. Knows no caller, no waiting and no GraphQL.

import type { DocumentBytes, DocumentWrite, Loaded, StoredDocument } from '@causeway/db/store'
import { observe, tick } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { CommandOutcome, DocumentChange, PlacementClass } from '@causeway/schema/commit/commit'
import {
  closeDocument,
  type DocumentHandle,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from '@causeway/schema/documents/automerge'
import { identifyChange } from '@causeway/schema/documents/change-bytes'
import type { KnownOutcome, Principal } from '@causeway/schema/documents/command'
import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import { ConflictDetector } from '@causeway/schema/documents/conflicts/detector'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { encodeUnit, holdsHeads } from '@causeway/schema/documents/units/encode'
import { findUnitRefusal, type UnitRefusal } from '@causeway/schema/documents/units/judge'
import { type Unit, unitCommand, unitEvent } from '@causeway/schema/documents/units/unit'
import { winningOutcome } from '@causeway/schema/stock/outcomes'
import { indexOf } from '../committer/build-documents.ts'
import { type FlushResult, type FlushSetting, noReads, writeCommit } from '../committer/flush.ts'
import { documentKey } from '../committer/node-cache.ts'
import type { OutcomePosition } from '../committer/pending.ts'
import { requireKind, Workspace } from '../committer/workspace.ts'
import { refuseRetired, standingOf } from '../recovery/standing.ts'

export interface UnitRequest {
  readonly unit: Unit
  readonly principal: Principal
  /** The full key under which its outcome is kept, and those of the units that it stands on. */
  readonly key: string
  readonly dependencyKeys: readonly string[]
  readonly inputDigest: string
  readonly resent: boolean
  /** Set where it is refused unseen: it is too old to tell whether it was applied before (I5). */
  readonly expired: UnitRefusal | null
}

export type UnitRuling =
  | { readonly status: 'accepted'; readonly position: OutcomePosition }
  | { readonly status: 'refused'; readonly refusal: UnitRefusal; readonly position: OutcomePosition }
  /** This region does not hold what it stands on yet: nothing was recorded. */
  | { readonly status: 'early' }

/** How far a device's time may be ahead of the region's: the hybrid clock then follows it. Beyond, it is refused. */
export const maximumAheadMs = 2_000
/** A document whose changes outnumber this is stored as one snapshot again. */
const maximumLooseChanges = 64

export interface UnitsWritten {
  readonly rulings: readonly UnitRuling[]
  readonly flushed: FlushResult
}

/** Runs in the node's lane. Throws StoreError where nothing was written. */
export async function applyUnits(setting: FlushSetting, requests: readonly UnitRequest[]): Promise<UnitsWritten> {
  const { store, cache, clock, members } = setting
  const written = await store.transact(async (transaction): Promise<UnitsWritten> => {
    await cache.catchUp(transaction)
    const { head } = transaction
    const wallMs = clock.now()
    const loaded = await transaction.load(readsOf(requests))
    // Later than every unit in it, or the commit would say that it was written before what it holds.
    const latest = requests.reduce(
      (time, { unit }) => (unit.time.wallMs <= wallMs + maximumAheadMs ? observe(time, unit.time) : time),
      head.time,
    )
    const time = tick(latest, wallMs)
    refuseRetired(head, members)
    const standing = { ...standingOf(members, head), time, leaseCheck: setting.crypto, operators: null }
    const workspace = new Workspace(standing, await transaction.load(noReads), [])
    const session = new UnitSession(setting, head.region, loaded, wallMs)
    try {
      const rulings = requests.map((request) => session.rule(request, workspace))
      const position = { origin: head.origin, sequence: head.sequence + workspace.drafts.events.length }
      const placed = rulings.map((ruling) => (ruling === 'early' ? { status: ruling } : settle(ruling, position)))
      if (workspace.drafts.events.length === 0) return { rulings: placed, flushed: { rulings: [], written: null } }
      const beside = { ...session.writes(), newObligations: [] }
      return { rulings: placed, flushed: await writeCommit(setting, transaction, workspace, [], time, beside) }
    } finally {
      session.close()
    }
  })
  if (written.flushed.written) {
    const { set } = written.flushed.written
    cache.advance(set.head.position, set.documents, set.stock)
  }
  return written
}

/** What a unit came to; `known` where its outcome stands already. */
type Ruled = { readonly refusal: UnitRefusal | null; readonly known: OutcomePosition }

function settle({ refusal, known }: Ruled, fresh: OutcomePosition): UnitRuling {
  const position = known ?? fresh
  return refusal === null ? { status: 'accepted', position } : { status: 'refused', refusal, position }
}

interface Open {
  readonly kind: ReturnType<typeof requireKind>
  readonly id: string
  readonly before: StoredDocument | null
  readonly stored: DocumentBytes | null
  readonly handle: DocumentHandle
  readonly detector: ConflictDetector
  readonly changes: Uint8Array[]
}

/** The documents of one transaction while its units are applied, one after the other. */
class UnitSession {
  readonly #setting: FlushSetting
  readonly #here: RegionId
  readonly #loaded: Loaded
  readonly #wallMs: number
  readonly #open = new Map<string, Open>()
  readonly #outcomes = new Map<string, KnownOutcome[]>()
  /** Decided in this transaction. */
  readonly #decided = new Map<string, Ruled>()
  readonly #changes: DocumentChange[] = []

  constructor(setting: FlushSetting, here: RegionId, loaded: Loaded, wallMs: number) {
    this.#setting = setting
    this.#here = here
    this.#loaded = loaded
    this.#wallMs = wallMs
    for (const outcome of loaded.outcomes) {
      this.#outcomes.set(outcome.key, [...(this.#outcomes.get(outcome.key) ?? []), outcome])
    }
  }

  rule(request: UnitRequest, workspace: Workspace): Ruled | 'early' {
    const known = this.#known(request)
    if (known !== null) return known
    const refusal = this.#apply(request, workspace)
    if (refusal === 'early') return refusal
    const result = refusal === null ? {} : { errors: [{ ...refusal }] }
    if (refusal !== null) {
      const data = { command: unitCommand, codes: [refusal.code] }
      workspace.drafts.events.push({
        type: 'command.refused',
        entityId: request.unit.documentId,
        data,
        placement: 'everywhere',
      })
    }
    const { key, inputDigest, resent } = request
    const outcome: CommandOutcome = {
      key,
      inputDigest,
      accepted: refusal === null,
      command: unitCommand,
      result,
      resent,
    }
    workspace.drafts.outcomes.push(outcome)
    const ruled = { refusal, known: null }
    this.#decided.set(key, ruled)
    return ruled
  }

  /** Documents, their changes and the conflicts, once every unit has been ruled on. */
  writes(): { documents: DocumentWrite[]; changes: DocumentChange[]; conflicts: ConflictPair[] } {
    const documents: DocumentWrite[] = []
    const conflicts: ConflictPair[] = []
    for (const { kind, id, before, stored, handle, detector, changes } of this.#open.values()) {
      if (changes.length === 0) continue
      const state = readState(handle)
      const index = indexOf(kind, id, state)
      const write = { kind: kind.name, id, expectedHeads: before?.heads ?? [], heads: headsOf(handle), state, index }
      const isLoose = (stored?.changes.length ?? 0) + changes.length <= maximumLooseChanges
      documents.push(
        isLoose ? { ...write, newChanges: changes } : { ...write, newChanges: [], snapshot: saveDocument(handle) },
      )
      conflicts.push(...detector.pairs())
    }
    return { documents, changes: this.#changes, conflicts }
  }

  close(): void {
    for (const { handle } of this.#open.values()) closeDocument(handle)
  }

  #known({ key, inputDigest }: UnitRequest): Ruled | null {
    const decided = this.#decided.get(key)
    if (decided !== undefined) return decided
    const outcome = winningOutcome(this.#outcomes.get(key) ?? [])
    if (!outcome) return null
    const known = { origin: outcome.origin, sequence: outcome.sequence }
    if (outcome.inputDigest !== inputDigest || outcome.command !== unitCommand) {
      const message = 'This id was used for another unit: give a new unit a new id.'
      return { refusal: { code: 'IDEMPOTENCY_CONFLICT', message }, known }
    }
    return { refusal: outcome.accepted ? null : refusalOf(outcome), known }
  }

  #apply(
    { unit, principal, dependencyKeys, expired }: UnitRequest,
    workspace: Workspace,
  ): UnitRefusal | 'early' | null {
    if (expired !== null) return expired
    if (unit.time.wallMs > this.#wallMs + maximumAheadMs) {
      const message = `Its time is ${unit.time.wallMs - this.#wallMs} ms ahead of this region's.`
      return { code: 'TIME_AHEAD', message }
    }
    if (dependencyKeys.some((key) => this.#isRefused(key))) {
      return {
        code: 'DEPENDS_REFUSED',
        message: 'It stands on a unit that was refused: send it anew on what stands now.',
      }
    }
    const open = this.#opened(unit)
    if (!holdsHeads(open.handle, unit.base)) {
      // Without a fold the history is whole: then what lacks has yet to arrive.
      if ((open.stored?.marks.length ?? 0) === 0) return 'early'
      return { code: 'BASE_UNKNOWN', message: 'What it stands on has been folded: send it anew on what stands now.' }
    }
    return this.#take(open, unit, principal, workspace)
  }

  #take(open: Open, unit: Unit, principal: Principal, workspace: Workspace): UnitRefusal | null {
    const { kind, handle, detector } = open
    if (unit.patches.some(({ map }) => !kind.maps.includes(map)))
      return { code: 'INVALID', message: `A ${kind.name} has no such map.` }
    const bytes = encodeUnit(handle, unit)
    const before = readState(handle)
    const trial =
      bytes === null
        ? null
        : openDocument(kind, { snapshot: saveDocument(handle), changes: [bytes] }, this.#setting.actor)
    const after = trial === null ? before : readState(trial)
    if (trial !== null) closeDocument(trial)
    const refusal = findUnitRefusal(principal, unit, { before, after, ...this.#standing(unit) })
    if (refusal !== null) return refusal
    const placement: PlacementClass = kind.home ? `home:${this.#here}` : 'everywhere'
    workspace.drafts.events.push(unitEvent(unit, placement))
    if (
      bytes === null ||
      handle.backend.getChangeByHash(identifyChange(bytes, this.#setting.crypto.sha256).hash) !== null
    )
      return null
    detector.take(bytes)
    handle.backend.applyChanges([bytes])
    open.changes.push(bytes)
    this.#changes.push({ kind: kind.name, id: unit.documentId, placement, bytes })
    return null
  }

  #standing({ documentId }: Unit) {
    const customer = this.#loaded.documents.find(({ kind, id }) => kind === customerKind.name && id === documentId)
    return {
      kinds: this.#loaded.ids.filter(({ id }) => id === documentId).map(({ kind }) => kind),
      customer: customer && customerKind.view(documentId, customer.state),
      here: this.#here,
    }
  }

  #isRefused(key: string): boolean {
    const decided = this.#decided.get(key)
    if (decided !== undefined) return decided.refusal !== null
    return winningOutcome(this.#outcomes.get(key) ?? [])?.accepted === false
  }

  #opened({ kind: name, documentId: id }: Unit): Open {
    const key = documentKey({ kind: name, id })
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const kind = requireKind(name)
    const before = this.#loaded.documents.find((document) => documentKey(document) === key) ?? null
    const stored = this.#loaded.bytes.find((bytes) => documentKey(bytes) === key) ?? null
    const handle = openDocument(kind, stored, this.#setting.actor)
    const detector = new ConflictDetector(kind, id, this.#setting.crypto.sha256)
    detector.opened(handle)
    const open = { kind, id, before, stored, handle, detector, changes: [] }
    this.#open.set(key, open)
    return open
  }
}

function refusalOf({ result }: KnownOutcome): UnitRefusal {
  const [first] = (result.errors ?? []) as unknown as UnitRefusal[]
  return first ?? { code: 'INVALID', message: 'It was refused.' }
}

function readsOf(requests: readonly UnitRequest[]) {
  const owned = new Map(requests.map(({ unit: { kind, documentId: id } }) => [`${kind}/${id}`, { kind, id }]))
  const ids = [...new Set(requests.map(({ unit }) => unit.documentId))]
  const customers = requests
    .filter(({ unit }) => unit.kind === 'contact')
    .map(({ unit }) => ({ kind: customerKind.name, id: unit.documentId }))
  const keys = [...new Set(requests.flatMap(({ key, dependencyKeys }) => [key, ...dependencyKeys]))]
  return { ...noReads, documents: [...owned.values(), ...customers], bytes: [...owned.values()], ids, keys }
}
