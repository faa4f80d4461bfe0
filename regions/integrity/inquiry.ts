// A commit pins other commits than those that are applied here: who has signed two logs? Asks its writer, and others where that
// one does not answer, for what its clock names, finds which of that its pin means, and follows it back to what is held here.
// What is found so is signed by its own origin and proves that origin's fork; where nothing fits, the writer has pinned what
// it does not hold. Asks and compares; what follows is its caller's.

import type { Head } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { CodecError, equalBytes } from '@causeway/schema/commit/bytes'
import { headerOf, openCommit, verifyCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import { type Bases, findBases } from '../recovery/forks/forked-rows.ts'
import type { CommitRange } from '../replication/peer.ts'
import type { Branches } from './branches.ts'
import type { ChainIndex } from './chain-index.ts'
import { readPin } from './clock-pins.ts'

export interface InquirySetting {
  readonly crypto: CommitCrypto
  readonly chain: Pick<ChainIndex, 'at' | 'read' | 'range'>
  readonly branches: Branches
  readonly head: () => Promise<Pick<Head, 'frontier' | 'chainHashes'>>
  readonly ask: (peer: RegionId, range: CommitRange) => Promise<readonly Uint8Array[]>
  /** Who may hold what a commit's writer does not tell. */
  readonly peers: () => readonly RegionId[]
}

/** Commits of one origin that are not held here, in order; the first follows one that is, or is the origin's first. */
export interface Branch {
  readonly origin: Origin
  readonly commits: readonly SealedCommit[]
  /** Another commit of the origin is held here at the place of the first: the proof that it has signed two. */
  readonly isFork: boolean
  /** What its rows were before. */
  readonly bases: Bases
}

/** How far back a branch is followed, in sequences. */
const maximumDepth = 16_384
const window = 512
const maximumPages = 64

interface Choice {
  readonly hash: Uint8Array
  readonly time: SealedCommit['time']
  /** Null for what is held here. */
  readonly fetched: SealedCommit | null
}

/**
 * What of other logs has to be applied here before `pinned` can be; empty where that is nothing by now, null where its pin means
 * nothing that anybody holds. Rejects where nobody answers.
 */
export async function findBranches(setting: InquirySetting, pinned: SealedCommit): Promise<readonly Branch[] | null> {
  const head = await setting.head()
  await setting.branches.refresh(head.chainHashes)
  const choices = new Map<Origin, readonly Choice[]>()
  const pools = new Map<Origin, Pool>()
  for (const origin in pinned.clock) {
    const sequence = sequenceOf(pinned.clock, origin)
    if (sequence < 1) continue
    if (origin === pinned.origin) {
      choices.set(origin, [{ hash: pinned.previousHash, time: pinned.time, fetched: null }])
      continue
    }
    const pool = new Pool(setting, head, origin, regionOf(pinned.origin))
    pools.set(origin, pool)
    choices.set(origin, await pool.choicesAt(sequence))
  }
  const read = readPin(pinned.clock, headerOf(pinned).clockPin, choices, setting.crypto)
  if (read === null) return null
  const found: Branch[] = []
  for (const [origin, { fetched }] of read) {
    const branch = fetched && (await pools.get(origin)?.follow(fetched))
    if (branch === undefined) return null
    if (branch !== null) found.push(branch)
  }
  return found
}

/** Commits of one origin that others hold, as far as they were asked for. */
class Pool {
  readonly #setting: InquirySetting
  readonly #head: Pick<Head, 'frontier' | 'chainHashes'>
  readonly #origin: Origin
  readonly #writer: RegionId
  readonly #byHash = new Map<string, SealedCommit>()
  readonly #applied: ReadonlyMap<string, SealedCommit>
  #low = Number.POSITIVE_INFINITY

  constructor(setting: InquirySetting, head: Pick<Head, 'frontier' | 'chainHashes'>, origin: Origin, writer: RegionId) {
    this.#setting = setting
    this.#head = head
    this.#origin = origin
    this.#writer = writer
    this.#applied = setting.branches.appliedOf(origin, head.chainHashes)
    for (const [hash, commit] of setting.branches.of(origin)) this.#byHash.set(hash, commit)
  }

  async choicesAt(sequence: number): Promise<readonly Choice[]> {
    const { chain } = this.#setting
    const own = await chain.at(this.#origin, sequence, this.#head.frontier)
    const held = typeof own === 'string' ? [] : [{ hash: own.hash, time: own.time, fetched: null }]
    const beside = [...this.#applied.values()]
      .filter(({ lastSequence }) => lastSequence === sequence)
      .map(({ hash, time }) => ({ hash, time, fetched: null }))
    await this.#fetch(sequence)
    const known = new Set([...held, ...beside].map(({ hash }) => toHex(hash)))
    const fetched = [...this.#byHash]
      .filter(([hash, { lastSequence }]) => lastSequence === sequence && !known.has(hash))
      .map(([, commit]) => ({ hash: commit.hash, time: commit.time, fetched: commit }))
    return [...held, ...beside, ...fetched]
  }

  /** Back to what is held here; undefined where that is not reached. */
  async follow(tip: SealedCommit): Promise<Branch | undefined> {
    const { chain } = this.#setting
    const commits: SealedCommit[] = []
    for (let commit = tip; ; ) {
      commits.unshift(commit)
      const before = commit.firstSequence - 1
      if (before === 0 || this.#applied.has(toHex(commit.previousHash))) return await this.#branch(commits)
      const own = await chain.at(this.#origin, before, this.#head.frontier)
      if (typeof own !== 'string' && equalBytes(own.hash, commit.previousHash)) return await this.#branch(commits)
      if (tip.lastSequence - before > maximumDepth) return undefined
      if (before < this.#low + 1) await this.#fetch(before)
      const previous = this.#byHash.get(toHex(commit.previousHash))
      if (previous === undefined || previous.lastSequence !== before) return undefined
      commit = previous
    }
  }

  async #branch(commits: readonly SealedCommit[]): Promise<Branch> {
    const { frontier } = this.#head
    const bases = await findBases(this.#setting.chain, frontier, this.#applied, commits)
    const first = commits[0]?.firstSequence ?? 1
    return { origin: this.#origin, commits, isFork: sequenceOf(frontier, this.#origin) >= first, bases }
  }

  /** What lies up to `sequence`, a window of it. The writer is asked first; where it is away, whoever answers. */
  async #fetch(sequence: number): Promise<void> {
    const { ask, peers } = this.#setting
    const range = { origin: this.#origin, first: Math.max(1, sequence - window), last: sequence }
    this.#low = Math.min(this.#low, range.first)
    const asked = [this.#writer, ...peers().filter((peer) => peer !== this.#writer)]
    let failure: unknown
    for (const peer of asked) {
      try {
        await this.#fetchFrom(peer, range, ask)
        return
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async #fetchFrom(peer: RegionId, { origin, first, last }: CommitRange, ask: InquirySetting['ask']): Promise<void> {
    const { crypto } = this.#setting
    let next = first
    for (let page = 0; page < maximumPages && next <= last; page += 1) {
      let reached = next - 1
      for (const bytes of await ask(peer, { origin, first: next, last })) {
        const commit = openQuietly(bytes, crypto)
        if (commit === null || commit.origin !== origin || !verifyCommit(commit, crypto).ok) continue
        this.#byHash.set(toHex(commit.hash), commit)
        reached = Math.max(reached, commit.lastSequence)
      }
      if (reached < next) return
      next = reached + 1
    }
  }
}

function openQuietly(bytes: Uint8Array, crypto: CommitCrypto): SealedCommit | null {
  try {
    return openCommit(bytes, crypto)
  } catch (error) {
    if (error instanceof CodecError) return null
    throw error
  }
}
