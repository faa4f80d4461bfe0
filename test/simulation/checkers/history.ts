// Every commit that was ever made durable anywhere in a simulated cluster, as its origin wrote it: read once, known to
// all checkers. Knows no rule but that one sequence is written once (W8).

import type { StoredCommit } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { mergeVectors, sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Commit, SealedCommit } from '@causeway/schema/commit/commit'
import { readOnce } from '../nodes/read-once.ts'
import { Violation } from './violation.ts'

export interface Written {
  readonly sealed: SealedCommit
  readonly commit: Commit
}

export class History {
  readonly #byPlace = new Map<string, Written>()
  readonly #inOrder: Written[] = []
  /** What each region has ever held durably; a restore does not lower it, for others have relied on it. */
  readonly #everHeld = new Map<RegionId, VersionVector>()
  readonly #holds = new Map<RegionId, VersionVector>()
  /** Of what it holds, what its log can tell nobody any more. */
  readonly #dropped = new Map<RegionId, VersionVector>()

  /** In the order in which they were written. */
  get all(): readonly Written[] {
    return this.#inOrder
  }

  /** What lies beyond `from` and within `to`, in the order in which it was written. */
  within(from: VersionVector, to: VersionVector): readonly Written[] {
    return this.#inOrder.filter(
      ({ sealed: { origin, lastSequence } }) =>
        lastSequence > sequenceOf(from, origin) && lastSequence <= sequenceOf(to, origin),
    )
  }

  everHeld(region: RegionId): VersionVector {
    return this.#everHeld.get(region) ?? {}
  }

  /** How far any other region has ever held it. */
  everHeldBeside(region: RegionId, origin: Origin): number {
    const others = [...this.#everHeld].filter(([other]) => other !== region)
    return Math.max(0, ...others.map(([, held]) => sequenceOf(held, origin)))
  }

  /** What it holds now. */
  holds(region: RegionId): VersionVector {
    return this.#holds.get(region) ?? {}
  }

  /** What its log begins behind: who does not hold all of that is told nothing by it. */
  dropped(region: RegionId): VersionVector {
    return this.#dropped.get(region) ?? {}
  }

  /** The region is on an older copy; what that holds is known with its next transaction. */
  restored(region: RegionId): void {
    this.#holds.delete(region)
    this.#dropped.delete(region)
  }

  held(region: RegionId, frontier: VersionVector, dropped: VersionVector = {}): void {
    this.#holds.set(region, frontier)
    this.#dropped.set(region, dropped)
    this.#everHeld.set(region, mergeVectors(this.everHeld(region), frontier))
  }

  find(origin: Origin, firstSequence: number): Written | undefined {
    return this.#byPlace.get(`${origin}:${firstSequence}`)
  }

  /** The commit as it was written, and whether this is its writing. */
  learn(region: RegionId, { commit: sealed }: StoredCommit): { readonly written: Written; readonly isNew: boolean } {
    const known = this.find(sealed.origin, sealed.firstSequence)
    const name = `${sealed.origin}:${sealed.firstSequence}..${sealed.lastSequence}`
    if (known === undefined) {
      if (regionOf(sealed.origin) !== region)
        throw new Violation('W2', `${region} has ${name}, which its origin has not made durable`)
      const written = { sealed, commit: readOnce(sealed) }
      this.#byPlace.set(`${sealed.origin}:${sealed.firstSequence}`, written)
      this.#inOrder.push(written)
      return { written, isNew: true }
    }
    if (Buffer.compare(known.sealed.hash, sealed.hash) !== 0)
      throw new Violation('W8', `${region} has another commit at ${name} than its origin wrote first`)
    return { written: known, isNew: false }
  }
}
