// What origins have signed beside the logs that stand here under their names (C6): the commits are kept as evidence, and those
// of them that honest regions stand on are applied beside the log, each branch under a name of its own (schema/commit/branch).
// Remembers the evidence, and what of it need not be looked at again; what of it is applied the head says.

import type { Evidence } from '@causeway/db/integrity'
import type { Head } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { branchesOf, isBranch } from '@causeway/schema/commit/branch'
import { CodecError } from '@causeway/schema/commit/bytes'
import { openCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'

type ChainHashes = Head['chainHashes']

/** Of an origin, commits beside its log by their hashes. */
export type Beside = ReadonlyMap<string, SealedCommit>

const nothing: Beside = new Map()

export class Branches {
  readonly #evidence: Pick<Evidence, 'held'>
  readonly #crypto: Pick<CommitCrypto, 'sha256'>
  readonly #known = new Map<Origin, Map<string, SealedCommit>>()
  /** Of branches whose commits are no longer kept, the ends. */
  readonly #gone = new Set<string>()

  constructor(evidence: Pick<Evidence, 'held'>, crypto: Pick<CommitCrypto, 'sha256'>) {
    this.#evidence = evidence
    this.#crypto = crypto
  }

  /** Whether anything beside a log is applied: nearly nowhere ever. */
  static any(chainHashes: ChainHashes): boolean {
    for (const name in chainHashes) if (isBranch(name)) return true
    return false
  }

  note(commit: SealedCommit): void {
    const known = this.#known.get(commit.origin) ?? new Map<string, SealedCommit>()
    this.#known.set(commit.origin, known.set(toHex(commit.hash), commit))
  }

  of(origin: Origin): Beside {
    return this.#known.get(origin) ?? nothing
  }

  /** Ends of logs of `origin` that are applied and of which nothing but the end is known any more. */
  goneEnds(origin: Origin, chainHashes: ChainHashes): readonly Uint8Array[] {
    const known = this.of(origin)
    return branchesOf(chainHashes, origin).flatMap((name) => {
      const hash = chainHashes[name]
      return hash === undefined || known.has(toHex(hash)) ? [] : [hash]
    })
  }

  /** Reads the evidence again where another node of the region has applied what this one does not know. */
  async refresh(chainHashes: ChainHashes): Promise<void> {
    const isKnown = (name: string) => {
      const origin = name.slice(0, name.indexOf('~'))
      const hash = toHex(chainHashes[name] ?? new Uint8Array())
      return this.of(origin).has(hash) || this.#gone.has(hash)
    }
    if (!Object.keys(chainHashes).some((name) => isBranch(name) && !isKnown(name))) return
    for (const { heldFor, bytes } of await this.#evidence.held()) {
      const commit = heldFor === 'equivocation' ? this.#open(bytes) : null
      if (commit !== null) this.note(commit)
    }
    // Evidence is there before the head names it: what is missing now stays missing.
    for (const name in chainHashes)
      if (isBranch(name) && !isKnown(name)) this.#gone.add(toHex(chainHashes[name] ?? new Uint8Array()))
  }

  /** The commits of `origin` that are applied beside its log, by their hashes. */
  appliedOf(origin: Origin, chainHashes: ChainHashes): Beside {
    const known = this.of(origin)
    const applied = new Map<string, SealedCommit>()
    for (const name of branchesOf(chainHashes, origin)) {
      let hash = toHex(chainHashes[name] ?? new Uint8Array())
      for (let commit = known.get(hash); commit !== undefined && !applied.has(hash); commit = known.get(hash)) {
        applied.set(hash, commit)
        hash = toHex(commit.previousHash)
      }
    }
    return applied
  }

  #open(bytes: Uint8Array): SealedCommit | null {
    try {
      return openCommit(bytes, this.#crypto)
    } catch (error) {
      if (error instanceof CodecError) return null
      throw error
    }
  }
}

/** Beyond it the oldest is forgotten, and is taken for a fork when it comes again. */
const maximumPassedOver = 4_096

interface OtherLog {
  /** Of commits that are held as proof, and of those that follow them. */
  readonly hashes: Set<string>
  readonly resolvedMs: number
}

/**
 * What was signed beside the log that stands here, of origins that may go on because an operator has resolved that: whoever still sends
 * it is not to keep that log from coming in. What was signed of it after he said so is news.
 */
export class PassedOver {
  readonly #others = new Map<Origin, OtherLog>()

  put(origin: Origin, hashes: Set<string>, resolvedMs: number): void {
    this.#others.set(origin, { hashes, resolvedMs })
  }

  /** `suspended`: of these nothing comes in anyway. */
  sift(commits: readonly SealedCommit[], suspended: ReadonlySet<Origin>) {
    if (this.#others.size === 0) return { fresh: commits, news: [] }
    const news: SealedCommit[] = []
    const fresh = commits.filter((commit) => {
      const other = suspended.has(commit.origin) ? undefined : this.#others.get(commit.origin)
      if (other === undefined) return true
      const { hashes, resolvedMs } = other
      if (hashes.has(toHex(commit.hash))) return false
      if (!hashes.has(toHex(commit.previousHash))) return true
      if (commit.time.wallMs > resolvedMs) news.push(commit)
      else hashes.add(toHex(commit.hash))
      for (const oldest of hashes) if (hashes.size > maximumPassedOver) hashes.delete(oldest)
      return false
    })
    return { fresh, news }
  }
}
