// Checks a stored log against itself, commit by commit in local order (C9): the bytes of each hash to what it is known by
// and are signed, its columns say what its bytes say, and it follows the one before it of its origin. Pure.

import type { StoredCommit } from '@causeway/db/store'
import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import type { Origin } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import { isBranch } from '@causeway/schema/commit/branch'
import { openCommit, verifyCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { toHex } from '@causeway/schema/hex'
import { canonical } from '../committer/keys.ts'
import { digestBytes, type RangeDigest } from './range-tree.ts'

/** A place in the log that does not hold what it should. */
export interface Flaw {
  readonly position: number
  readonly reason: string
  /** What stands there; null where nothing does. */
  readonly bytes: Uint8Array | null
}

/** Sequences of an origin that no sound commit of the log covers. */
export interface Hole {
  readonly origin: Origin
  readonly first: number
  readonly last: number
}

/** Sequences of one range of an origin's log. */
const rangeSequences = 4_096

interface ChainEnd {
  readonly sequence: number
  readonly hash: string
}

export class LogCheck {
  readonly flaws: Flaw[] = []
  readonly holes: Hole[] = []
  readonly #crypto: CommitCrypto
  readonly #ends = new Map<Origin, ChainEnd>()
  readonly #ranges = new Map<string, Uint8Array>()
  /** Ranges whose beginning is no longer kept. */
  readonly #cut = new Set<string>()
  #position: number

  /** Begins behind what is no longer kept: `position` and `vector` of the log's floor. */
  constructor(crypto: CommitCrypto, position: number, vector: VersionVector) {
    this.#crypto = crypto
    this.#position = position
    for (const origin in vector) {
      const sequence = sequenceOf(vector, origin)
      this.#ends.set(origin, { sequence, hash: '' })
      this.#cut.add(rangeOf(origin, sequence + 1))
    }
  }

  get position(): number {
    return this.#position
  }

  /** True where the commit is sound. */
  take({ position, commit }: StoredCommit): boolean {
    this.#lack(position - 1, 'nothing is there')
    this.#position = position
    const reason = this.#flawOf(commit)
    if (reason !== null) this.flaws.push({ position, reason, bytes: commit.bytes })
    return reason === null
  }

  /** A part of the archive, up to `position`, cannot be read at all. */
  spoiled(position: number): void {
    this.#lack(position, 'the archived segment that holds it cannot be read')
  }

  #lack(through: number, reason: string): void {
    for (let missing = this.#position + 1; missing <= through; missing += 1)
      this.flaws.push({ position: missing, reason, bytes: null })
    this.#position = Math.max(through, this.#position)
  }

  /** All commits up to `position` have been taken: what `frontier` holds beyond them is missing. */
  end(position: number, frontier: VersionVector): void {
    this.#lack(position, 'nothing is there')
    for (const origin in frontier) {
      const [held, last] = [this.#ends.get(origin)?.sequence ?? 0, sequenceOf(frontier, origin)]
      if (held < last) this.holes.push({ origin, first: held + 1, last })
    }
  }

  /** Digests of whole ranges of sequences, named `origin number`: what regions compare their logs by. */
  ranges(): readonly RangeDigest[] {
    const isWhole = (name: string) => {
      const [origin = '', number = ''] = name.split(' ')
      return (this.#ends.get(origin)?.sequence ?? 0) >= (Number(number) + 1) * rangeSequences
    }
    return [...this.#ranges]
      .filter(([name]) => isWhole(name) && !this.#cut.has(name))
      .map(([until, digest]) => ({ until, digest: toHex(digest) }))
  }

  #count({ origin, lastSequence, hash }: SealedCommit): void {
    const name = rangeOf(origin, lastSequence)
    const range = this.#ranges.get(name) ?? new Uint8Array(digestBytes)
    this.#ranges.set(
      name,
      range.map((byte, index) => byte ^ (hash[index] ?? 0)),
    )
  }

  #flawOf(commit: SealedCommit): string | null {
    let opened: SealedCommit
    try {
      opened = openCommit(commit.bytes, this.#crypto)
    } catch (error) {
      return `its bytes are no commit: ${error instanceof Error ? error.message : String(error)}`
    }
    const { origin, firstSequence, lastSequence } = opened
    // Beside the log of an origin that has signed two (C6) it has the name of its branch, and follows nothing that is here.
    const isBeside = isBranch(commit.origin)
    const named = isBeside ? { ...opened, origin: commit.origin } : opened
    if (describe(named) !== describe(commit)) return 'its columns do not say what its bytes say'
    const verdict = verifyCommit(opened, this.#crypto)
    if (!verdict.ok) return verdict.reason
    if (isBeside) return null
    const before = this.#ends.get(origin) ?? { sequence: 0, hash: toHex(new Uint8Array(opened.hash.length)) }
    if (firstSequence <= before.sequence) return `sequence ${firstSequence} of ${origin} is there already`
    if (firstSequence > before.sequence + 1) {
      this.holes.push({ origin, first: before.sequence + 1, last: firstSequence - 1 })
    } else if (before.hash !== '' && before.hash !== toHex(opened.previousHash)) {
      return 'it does not follow the commit before it'
    }
    this.#ends.set(origin, { sequence: lastSequence, hash: toHex(opened.hash) })
    this.#count(opened)
    return null
  }
}

/** A commit counts to the range of its last sequence. */
function rangeOf(origin: Origin, sequence: number): string {
  return `${origin} ${Math.floor(sequence / rangeSequences)}`
}

function describe({ origin, firstSequence, lastSequence, clock, time, hash, previousHash }: SealedCommit): string {
  const { wallMs, counter } = time
  return canonical([origin, firstSequence, lastSequence, clock, wallMs, counter, toHex(hash), toHex(previousHash)])
}

/** In an order that respects causes: a cause has the earlier time. */
export function byTime(left: SealedCommit, right: SealedCommit): number {
  return compareTimes(left.time, right.time) || (left.origin < right.origin ? -1 : 1)
}
