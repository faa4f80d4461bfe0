// Judges commits that come next, in their order, inside the transaction that will apply them: reads each, looks up the
// past that its verdict depends on, and says which are to be applied and which are refused (C6, C7). What stands behind a
// refused commit, of its origin or by its clock, is left out. The rules are schema/validity; this gathers what they ask for.

import type { HeadTransaction } from '@causeway/db/store'
import { compareTimes, type HybridTime, originOfTime } from '@causeway/schema/clock/hybrid-clock'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { advance, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { CodecError, equalBytes } from '@causeway/schema/commit/bytes'
import { headerOf, missingPlacements, readCommit, withoutSections } from '@causeway/schema/commit/codec'
import type { Commit, CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { pinClock } from '@causeway/schema/commit/header'
import type { ReadCommit } from '@causeway/schema/documents/whole-changes'
import { type FenceLog, withFencesOf } from '@causeway/schema/fence/fence-log'
import { decideFences } from '@causeway/schema/fence/fences'
import { type ReclaimedRow, reclaimedEvent, reclaimedRows, rowsOf } from '@causeway/schema/stock/reclaim'
import type { OwnStockRow, StockRow } from '@causeway/schema/stock/row'
import { findEndFlaw, findFenceRefusal, findReclaimFlaw, isSoundFence } from '@causeway/schema/validity/fence-rule'
import { type Flaw, flaw } from '@causeway/schema/validity/flaw'
import { findFlaw, findSectionFlaw } from '@causeway/schema/validity/judge'
import type { NodeCache } from '../committer/node-cache.ts'
import { holdsCauses } from '../replication/causes.ts'
import { Branches } from './branches.ts'
import type { ChainHead, ChainIndex } from './chain-index.ts'
import { type Pinned, type PinnedHeads, readPin } from './clock-pins.ts'
import { GivenBefore } from './given-before.ts'
import type { Refusal } from './refusal.ts'
import { StandingRows } from './standing-rows.ts'

type VerdictCrypto = Pick<CommitCrypto, 'sha256' | 'verifyDevice' | 'operators'>

export interface VerdictSetting {
  readonly cache: NodeCache
  readonly chain: ChainIndex
  readonly crypto: VerdictCrypto
  /** The newest rules that this node can judge by. */
  readonly newestRules: number
  readonly read: ReadCommit
  /** Origins that have signed two logs: how far others hold one of them says nothing; which one, their pins say. */
  readonly excused: ReadonlySet<Origin>
  readonly branches: Branches
  /** Every region of the configuration. */
  readonly members: readonly RegionId[]
}

export interface Judged {
  /** To be applied, in order. A section that breaks a rule is left out of its commit. */
  readonly accepted: readonly { readonly sealed: SealedCommit; readonly commit: Commit }[]
  readonly refused: readonly Refusal[]
  /** Sections that only some regions may hold and that break a rule: their commits stand without them. */
  readonly stripped: readonly Refusal[]
  readonly givenBefore: GivenBefore
}

const otherPast = flaw('C6', 'its clock pins other commits than those that are applied here')

type Read =
  | { readonly sealed: SealedCommit; readonly unknown: Flaw }
  | { readonly sealed: SealedCommit; readonly commit: Commit; readonly stripped: readonly Refusal[] }
  | { readonly sealed: SealedCommit; readonly flaw: Flaw }

/** `chained`: each follows, in order, from what is applied and those before it. */
export async function judgeCommits(
  setting: VerdictSetting,
  transaction: HeadTransaction,
  chained: readonly SealedCommit[],
): Promise<Judged> {
  const read = chained.map((sealed) => readAll(sealed, setting))
  await setting.branches.refresh(transaction.head.chainHashes)
  const bench = new Bench(setting, transaction, await loadRows(setting.cache, transaction, read))
  const refused: Refusal[] = []
  const stripped: Refusal[] = []
  const accepted: { sealed: SealedCommit; commit: Commit }[] = []
  for (const [index, one] of read.entries()) {
    if (!bench.isNext(one.sealed)) continue
    const found = await findRefusal(bench, one)
    if (found !== null) refused.push({ sealed: one.sealed, ...found })
    else if ('commit' in one) {
      // Only what follows is judged by it.
      if (index < read.length - 1) bench.take(one.commit, one.sealed)
      accepted.push({ sealed: one.sealed, commit: one.commit })
      stripped.push(...one.stripped)
    }
  }
  return { accepted, refused, stripped, givenBefore: bench.givenBefore }
}

async function findRefusal(bench: Bench, one: Read): Promise<Omit<Refusal, 'sealed'> | null> {
  if ('unknown' in one) return { kind: 'unknown', ...one.unknown }
  if ('flaw' in one) return { kind: 'quarantine', ...one.flaw }
  return await bench.judge(one.commit, one.sealed)
}

/** What goes everywhere is read by itself, so that no region judges by what others may not see. */
function readAll(original: SealedCommit, { newestRules, crypto, read }: VerdictSetting): Read {
  let sealed = original
  const stripped: Refusal[] = []
  try {
    const { ruleVersion: rules, sections } = headerOf(sealed)
    if (rules > newestRules) {
      const reason = `it is written by rules of version ${rules}, and this node knows ${newestRules}`
      return { sealed, unknown: flaw('C7', reason) }
    }
    const homes = sections.slice(1).map(({ placement }) => placement)
    if (homes.length === 0) return { sealed, commit: read(sealed, crypto.sha256), stripped }
    const missing = new Set(missingPlacements(sealed))
    readCommit({ ...sealed, bytes: withoutSections(sealed.bytes, () => false) })
    for (const home of homes) {
      if (missing.has(home)) continue
      const reason = findHomeFlaw(sealed, home, crypto)
      if (reason === null) continue
      stripped.push({ kind: 'quarantine', sealed: original, ...reason })
      sealed = { ...sealed, bytes: withoutSections(sealed.bytes, (placement) => placement !== home) }
    }
    return { sealed, commit: read(sealed, crypto.sha256), stripped }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { sealed: original, flaw: flaw('C12', `a section cannot be read: ${error.message}`) }
  }
}

function findHomeFlaw(
  sealed: SealedCommit,
  home: Commit['events'][number]['placement'],
  crypto: VerdictCrypto,
): Flaw | null {
  try {
    const alone = { ...sealed, bytes: withoutSections(sealed.bytes, (placement) => placement === home) }
    return findSectionFlaw(readCommit(alone), home, crypto)
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return flaw('C12', `the section ${home} cannot be read: ${error.message}`)
  }
}

/** Of the SKUs that the commits have rows of. */
function loadRows(
  cache: NodeCache,
  transaction: HeadTransaction,
  read: readonly Read[],
): Promise<Map<string, readonly StockRow[]>> {
  const skus = new Set<string>()
  for (const one of read) {
    if (!('commit' in one)) continue
    for (const { sku } of one.commit.stock) skus.add(sku)
    for (const { sku } of reclaimedIn(one.commit)) skus.add(sku)
  }
  return cache.stockBySku(transaction, skus)
}

/** Rows that may be read: where their events are not as they should be, that is found by the rules. */
function reclaimedIn(commit: Commit): readonly ReclaimedRow[] {
  const taking = commit.events.filter(({ type }) => type === reclaimedEvent)
  return taking.every((event) => isSoundFence(event, commit)) ? reclaimedRows({ events: taking }) : []
}

/** The state that the next commit is judged by: what is applied, and those of the batch that were accepted. */
class Bench {
  readonly #setting: VerdictSetting
  readonly #applied: VersionVector
  readonly #rows: StandingRows
  readonly #fresh = new Map<string, ChainHead>()
  readonly givenBefore = new GivenBefore()
  readonly #chainHashes: HeadTransaction['head']['chainHashes']
  readonly #hasBranches: boolean
  #frontier: VersionVector
  #fences: FenceLog

  constructor(setting: VerdictSetting, transaction: HeadTransaction, rows: Map<string, readonly StockRow[]>) {
    this.#setting = setting
    this.#applied = transaction.head.frontier
    this.#frontier = this.#applied
    this.#rows = new StandingRows(({ sku, location }, holder) =>
      rows.get(sku)?.find((row) => row.holder === holder && row.location === location),
    )
    this.#fences = transaction.head.fences
    this.#chainHashes = transaction.head.chainHashes
    this.#hasBranches = Branches.any(this.#chainHashes)
  }

  isNext(sealed: SealedCommit): boolean {
    const { origin, firstSequence } = sealed
    const isChained = sequenceOf(this.#frontier, origin) === firstSequence - 1
    return isChained && holdsCauses(this.#frontier, sealed, this.#setting.excused)
  }

  async judge(commit: Commit, sealed: SealedCommit): Promise<Omit<Refusal, 'sealed'> | null> {
    const { origin, firstSequence, clock } = commit
    const heads = await this.#headsOf(sealed)
    if ('rule' in heads) return { kind: 'later', ...heads }
    const previous = firstSequence === 1 ? null : await this.#at(origin, firstSequence - 1)
    const reclaimed = reclaimedIn(commit)
    for (const taken of reclaimed) {
      const found = this.#judgeReclaim(origin, taken)
      if (found !== null) return { kind: 'later', ...found }
    }
    const rows = reclaimed.length === 0 ? this.#rows : this.#rows.with(reclaimed)
    const past = {
      previous: typeof previous === 'string' ? null : previous,
      latest: heads.latest,
      row: (row: OwnStockRow) => {
        const before = rows.row(row, origin)
        if (before !== undefined) this.givenBefore.note(origin, row, before.cells.given)
        return before
      },
      sha256: this.#setting.crypto.sha256,
      verifyDevice: this.#setting.crypto.verifyDevice,
      operators: this.#setting.crypto.operators,
    }
    const found = findFlaw({ ...commit, clock }, past)
    // Rights that it lacks may have been given in a log that is not held here.
    if (found?.rule === 'S1' && !heads.isPinned) return { kind: 'later', ...otherPast }
    if (found !== null) return { kind: found.rule === 'S1' ? 'later' : 'quarantine', ...found }
    const fences = () => decideFences(this.#fences, this.#setting.members)
    const refused = findFenceRefusal(commit, this.#setting.crypto.operators, this.#setting.members, fences)
    if (refused !== null) return refused
    if (!heads.isPinned) return { kind: 'later', ...otherPast }
    const end = findEndFlaw({ ...commit, clock }, heads.hashOf)
    return end && { kind: 'quarantine', ...end }
  }

  #judgeReclaim(origin: Origin, taken: ReclaimedRow): Flaw | null {
    const before = this.#rows.row(taken, taken.holder)
    return findReclaimFlaw(origin, taken, before, decideFences(this.#fences, this.#setting.members))
  }

  /**
   * Whether the commit's clock names what is applied here, and the latest time of that; true where some of it can no longer be
   * looked at.
   */
  async #headsOf(sealed: SealedCommit): Promise<Flaw | PinnedHeads> {
    if (this.#hasBranches || this.#setting.excused.size > 0) return await this.#readClock(sealed)
    const hashes: Record<Origin, Uint8Array> = {}
    let latest: HybridTime | null = null
    let isWhole = true
    for (const origin in sealed.clock) {
      const sequence = sequenceOf(sealed.clock, origin)
      const head = await this.#at(origin, sequence)
      if (head === 'between') return flaw('C6', `its clock ends within a commit of ${origin}, at ${sequence}`)
      if (head === 'unknown') {
        isWhole = false
        continue
      }
      hashes[origin] = origin === sealed.origin ? sealed.previousHash : head.hash
      if (latest === null || compareTimes(head.time, latest) > 0) latest = head.time
    }
    const { crypto } = this.#setting
    const pin = isWhole ? pinClock(sealed.clock, (origin) => hashes[origin], crypto) : null
    const isPinned = pin === null || equalBytes(pin, headerOf(sealed).clockPin)
    return { isPinned, latest: isPinned ? latest : null, hashOf: (origin) => (isWhole ? hashes[origin] : undefined) }
  }

  /** The same where somebody has signed two logs: its pin says which of them it means. */
  async #readClock(sealed: SealedCommit): Promise<Flaw | PinnedHeads> {
    const choices = new Map<Origin, readonly Pinned[]>()
    let isWhole = true
    for (const origin in sealed.clock) {
      const sequence = sequenceOf(sealed.clock, origin)
      const head = await this.#at(origin, sequence)
      const beside = origin === sealed.origin ? [] : this.#besideAt(origin, sequence)
      const isExcused = this.#setting.excused.has(origin) || beside.length > 0
      if (head === 'between' && !isExcused)
        return flaw('C6', `its clock ends within a commit of ${origin}, at ${sequence}`)
      if (head === 'unknown' && !isExcused) isWhole = false
      const own =
        typeof head === 'string' ? [] : [origin === sealed.origin ? { ...head, hash: sealed.previousHash } : head]
      choices.set(origin, [...own, ...beside])
    }
    if (!isWhole) return { isPinned: true, latest: null, hashOf: () => undefined }
    const read = readPin(sealed.clock, headerOf(sealed).clockPin, choices, this.#setting.crypto)
    let latest: HybridTime | null = null
    for (const { time } of read?.values() ?? []) if (latest === null || compareTimes(time, latest) > 0) latest = time
    return { isPinned: read !== null, latest, hashOf: (origin) => read?.get(origin)?.hash }
  }

  #besideAt(origin: Origin, sequence: number): readonly Pinned[] {
    if (!this.#hasBranches) return []
    const { branches } = this.#setting
    const applied = [...branches.appliedOf(origin, this.#chainHashes).values()]
    const here = applied.filter(({ lastSequence }) => lastSequence === sequence)
    return [...here, ...branches.goneEnds(origin, this.#chainHashes).map((hash) => ({ hash, time: originOfTime }))]
  }

  async #at(origin: Origin, sequence: number): Promise<ChainHead | 'between' | 'unknown'> {
    if (sequence > sequenceOf(this.#applied, origin)) return this.#fresh.get(`${origin}:${sequence}`) ?? 'between'
    const found = await this.#setting.chain.at(origin, sequence, this.#applied)
    const end = this.#chainHashes[origin]
    // Where the log no longer reaches back to its very end, the head still tells which commit that was, and of its time nothing.
    if (found !== 'unknown' || end === undefined || sequence !== sequenceOf(this.#applied, origin)) return found
    return { hash: end, time: originOfTime, clock: {} }
  }

  take(commit: Commit, { origin, lastSequence, hash, time, clock }: SealedCommit): void {
    this.#frontier = advance(this.#frontier, origin, lastSequence)
    this.#fresh.set(`${origin}:${lastSequence}`, { hash, time, clock })
    this.#rows.take(rowsOf(commit))
    this.#fences = withFencesOf(this.#fences, commit)
  }
}
