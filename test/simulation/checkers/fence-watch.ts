// Looks at regions that leave and at origins that come to an end (S7), from the logs alone: who takes over what an origin
// left behind says by its clock how far that origin goes, all say the same, and nobody else ever holds more of it.

import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import { rowsOf } from '@causeway/schema/stock/reclaim'
import { leftOf, wordsOf } from './departures.ts'
import type { History, Written } from './history.ts'
import { Violation } from './violation.ts'

export class FenceWatch {
  readonly #history: History
  readonly #members: readonly RegionId[]
  readonly #words: Written[] = []
  readonly #ends = new Map<Origin, number>()

  constructor(history: History, members: readonly RegionId[]) {
    this.#history = history
    this.#members = members
  }

  /** Members whose word its writer has to wait for before anything is stable: all but those that it knows to have left. */
  awaitedBy({ origin, clock, firstSequence }: Commit): readonly RegionId[] {
    if (this.#words.length === 0) return this.#members
    const known = this.#words.filter(({ sealed }) =>
      sealed.origin === origin
        ? sealed.lastSequence < firstSequence
        : sealed.lastSequence <= sequenceOf(clock, sealed.origin),
    )
    const left = leftOf(wordsOf(known), this.#members)
    return this.#members.filter((member) => !left.includes(member))
  }

  /** `applied` in order; `fresh` are those of them that the region has just written itself. */
  look(region: RegionId, applied: readonly Written[], fresh: readonly Written[]): void {
    for (const written of fresh) {
      const { commit } = written
      if (wordsOf([written]).length > 0) this.#words.push(written)
      for (const { holder } of rowsOf(commit))
        if (holder !== commit.origin) this.#end(holder, sequenceOf(commit.clock, holder), commit.origin)
    }
    for (const { sealed } of applied) this.#requireWithin(region, sealed.origin, sealed.lastSequence)
  }

  #end(origin: Origin, sequence: number, by: Origin): void {
    const known = this.#ends.get(origin)
    if (known !== undefined && known !== sequence)
      throw new Violation('S7', `${origin} ends at ${known}, and ${by} takes it over at ${sequence}`)
    this.#ends.set(origin, sequence)
    // Where several have lost their disks nobody knows how far a log once went: what is held now is what can be known.
    for (const member of this.#members)
      this.#requireWithin(member, origin, sequenceOf(this.#history.holds(member), origin))
  }

  /** What an origin's own region wrote beyond its end is its own affair until it learns of that; so is what one holds that has left. */
  #requireWithin(region: RegionId, origin: Origin, sequence: number): void {
    const end = this.#ends.get(origin)
    if (end !== undefined && sequence > end && regionOf(origin) !== region && !this.#hasLeft(region))
      throw new Violation('S7', `${region} holds ${origin} up to ${sequence}, beyond its fence at ${end}`)
  }

  #hasLeft(region: RegionId): boolean {
    return leftOf(wordsOf(this.#words), this.#members).includes(region)
  }
}
