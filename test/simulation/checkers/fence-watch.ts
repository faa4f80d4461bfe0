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
  /** By the region that they were about, words that nobody can know any more. */
  readonly #undone = new Map<RegionId, Set<Written>>()

  constructor(history: History, members: readonly RegionId[]) {
    this.#history = history
    this.#members = members
  }

  /** Members whose word its writer has to wait for before anything is stable: all but those that it knows to have left. */
  awaitedBy(commit: Commit): readonly RegionId[] {
    if (this.#words.length === 0) return this.#members
    const left = leftOf(wordsOf(this.#knownTo(commit), this.isUndone), this.#members)
    return this.#members.filter((member) => !left.includes(member))
  }

  /** Whether what was said about a region is gone, though a frontier covers it: that came with the state of the region itself. */
  readonly isUndone = (said: Written, about: string): boolean => this.#undone.get(about)?.has(said) === true

  /** `applied` in order; `fresh` are those of them that the region has just written itself. */
  look(region: RegionId, applied: readonly Written[], fresh: readonly Written[]): void {
    this.#undo()
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
    const region = regionOf(origin)
    const isHeld = (word: Written) =>
      !this.isUndone(word, region) && (this.#isHeldBeside(region, word) || this.#isTold(region, word))
    if ([...end.words.values()].every((said) => said.some(isHeld))) return end.sequence
    this.#ends.delete(origin)
    return undefined
  }

  /** On the disk of any other region as it is now. */
  #isHeldBeside(region: RegionId, { sealed }: Written): boolean {
    return this.#members.some(
      (member) => member !== region && sequenceOf(this.#history.holds(member), sealed.origin) >= sealed.lastSequence,
    )
  }

  /** On that of the region which it is about, which can still tell it to others: its log goes on from where one of them is. */
  #isTold(region: RegionId, { sealed: { origin, lastSequence } }: Written): boolean {
    const others = this.#members.filter((member) => member !== region)
    const held = Math.max(...others.map((member) => sequenceOf(this.#history.holds(member), origin)))
    const [has, dropped] = [this.#history.holds(region), this.#history.dropped(region)]
    return sequenceOf(has, origin) >= lastSequence && sequenceOf(dropped, origin) <= held
  }

  /** Where a region alone still has what was said of it, and can tell it to nobody, that was never said. */
  #undo(): void {
    if (this.#words.length === 0) return
    for (const region of this.#members) {
      const words = this.#words.filter(
        (word) =>
          regionOf(word.sealed.origin) !== region &&
          wordsOf([word], this.isUndone).some(({ about }) => about.includes(region)),
      )
      const kept = words.filter(
        ({ sealed }) => sequenceOf(this.#history.holds(region), sealed.origin) >= sealed.lastSequence,
      )
      const isKnown =
        words.some((word) => this.#isHeldBeside(region, word)) || kept.some((word) => this.#isTold(region, word))
      if (kept.length > 0 && !isKnown) this.#undone.set(region, new Set([...(this.#undone.get(region) ?? []), ...kept]))
    }
  }

  #wordsAbout(origin: Origin, by: Commit): End['words'] {
    const words = new Map<RegionId, Written[]>()
    for (const written of this.#knownTo(by)) {
      if (!wordsOf([written], this.isUndone).some(({ about }) => about.some((target) => isNamed(target, origin))))
        continue
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
    const words = this.#words.filter((word) => this.#isHeldBeside('', word))
    return leftOf(wordsOf(words, this.isUndone), this.#members).includes(region)
  }
}

/** By region, or as the earlier incarnations of one that goes on: `us-east-1@2` names those before the second. */
function isNamed(target: string, origin: Origin): boolean {
  if (regionOf(target) !== regionOf(origin)) return false
  return !target.includes('@') || incarnationOf(origin) < incarnationOf(target)
}
