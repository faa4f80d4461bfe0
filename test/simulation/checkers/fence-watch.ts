// Looks at regions that leave and at origins that come to an end (S7), from the logs alone: who takes over what an origin
// left behind says by its clock how far that origin goes, all say the same, and nobody else ever holds more of it.

import { incarnationOf, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import { rowsOf } from '@causeway/schema/stock/reclaim'
import { leftOf, wordsOf } from './departures.ts'
import type { History, Written } from './history.ts'
import { Violation } from './violation.ts'

/** How far an origin goes, and what was said of that. */
interface End {
  readonly sequence: number
  /** Of all that its writer knew, by who said it. */
  readonly words: ReadonlyMap<RegionId, readonly Written[]>
}

export class FenceWatch {
  readonly #history: History
  readonly #members: readonly RegionId[]
  readonly #words: Written[] = []
  readonly #ends = new Map<Origin, End>()

  constructor(history: History, members: readonly RegionId[]) {
    this.#history = history
    this.#members = members
  }

  /** Members whose word its writer has to wait for before anything is stable: all but those that it knows to have left. */
  awaitedBy(commit: Commit): readonly RegionId[] {
    if (this.#words.length === 0) return this.#members
    const left = leftOf(wordsOf(this.#knownTo(commit)), this.#members)
    return this.#members.filter((member) => !left.includes(member))
  }

  /** `applied` in order; `fresh` are those of them that the region has just written itself. */
  look(region: RegionId, applied: readonly Written[], fresh: readonly Written[]): void {
    for (const written of fresh) {
      const { commit } = written
      if (wordsOf([written]).length > 0) this.#words.push(written)
      for (const { holder } of rowsOf(commit)) if (holder !== commit.origin) this.#end(holder, commit)
    }
    for (const { sealed } of applied) this.#requireWithin(region, sealed.origin, sealed.lastSequence)
  }

  #end(origin: Origin, by: Commit): void {
    const sequence = sequenceOf(by.clock, origin)
    const known = this.#endOf(origin)
    if (known !== undefined && known !== sequence)
      throw new Violation('S7', `${origin} ends at ${known}, and ${by.origin} takes it over at ${sequence}`)
    this.#ends.set(origin, { sequence, words: this.#wordsAbout(origin, by) })
    // Where several have lost their disks nobody knows how far a log once went: what is held now is what can be known.
    for (const member of this.#members)
      this.#requireWithin(member, origin, sequenceOf(this.#history.holds(member), origin))
  }

  /**
   * Undefined, too, once nobody can know it any more: of one of those who had agreed on it every word has gone with disks, and with
   * that all that stood on the fence, for it names that word as a cause. How far that one had held the log nobody can tell then.
   */
  #endOf(origin: Origin): number | undefined {
    const end = this.#ends.get(origin)
    if (end === undefined) return undefined
    if ([...end.words.values()].every((said) => said.some((word) => this.#isHeld(word)))) return end.sequence
    this.#ends.delete(origin)
    return undefined
  }

  /** On any disk as it is now, that of the region among them that is to leave. */
  #isHeld({ sealed }: Written): boolean {
    return this.#members.some((member) => sequenceOf(this.#history.holds(member), sealed.origin) >= sealed.lastSequence)
  }

  #wordsAbout(origin: Origin, by: Commit): End['words'] {
    const words = new Map<RegionId, Written[]>()
    for (const written of this.#knownTo(by)) {
      if (!wordsOf([written]).some(({ about }) => about.some((target) => isNamed(target, origin)))) continue
      const region = regionOf(written.sealed.origin)
      words.set(region, [...(words.get(region) ?? []), written])
    }
    return words
  }

  #knownTo({ origin, clock, firstSequence }: Commit): readonly Written[] {
    return this.#words.filter(({ sealed }) =>
      sealed.origin === origin
        ? sealed.lastSequence < firstSequence
        : sealed.lastSequence <= sequenceOf(clock, sealed.origin),
    )
  }

  /** What an origin's own region wrote beyond its end is its own affair until it learns of that; so is what one holds that has left. */
  #requireWithin(region: RegionId, origin: Origin, sequence: number): void {
    const known = this.#ends.get(origin)
    if (known === undefined || sequence <= known.sequence || regionOf(origin) === region) return
    const end = this.#endOf(origin)
    if (end !== undefined && !this.#hasLeft(region))
      throw new Violation('S7', `${region} holds ${origin} up to ${sequence}, beyond its fence at ${end}`)
  }

  #hasLeft(region: RegionId): boolean {
    const words = this.#words.filter((word) => this.#isHeld(word))
    return leftOf(wordsOf(words), this.#members).includes(region)
  }
}

/** By region, or as the earlier incarnations of one that goes on: `us-east-1@2` names those before the second. */
function isNamed(target: string, origin: Origin): boolean {
  if (regionOf(target) !== regionOf(origin)) return false
  return !target.includes('@') || incarnationOf(origin) < incarnationOf(target)
}
