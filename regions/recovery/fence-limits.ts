// How far commits of what is fenced, or is to be, are applied here (S7): not beyond a decided fence, and not beyond what this
// region has said that it holds unless others whose word counts have applied it too. A region that was restored from an older
// copy may have said so and have forgotten it (W8): it goes by what others tell of fences as well, and until all have told, it
// applies of others only what it had applied before, as what it wrote then names it. Pure.

import type { Head } from '@causeway/db/store'
import { incarnationOf, type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { type FenceLog, mergeFences, noFences, type Retire, targetKey } from '@causeway/schema/fence/fence-log'
import { decideFences, type Fences, heightOf, isHeeded, limitOf } from '@causeway/schema/fence/fences'
import { fencingOf, isWhole, standingMembers } from '@causeway/schema/fence/fencing'
import { hears, type PutOff, putOffOf } from '@causeway/schema/fence/put-off'
import type { Recalled } from './recollection.ts'

/** By writer, what its commits that are not applied yet name. */
export type NamedBy = ReadonlyMap<Origin, VersionVector>

export const nothingNamed: NamedBy = new Map()

/** A log of fences and what follows from it. */
interface Known {
  readonly log: FenceLog
  readonly fences: Fences
}

export class FenceLimits {
  readonly #region: RegionId
  readonly #own: Known | null
  /** With what others have told; null where nothing can have been forgotten. */
  readonly #told: Known | null
  readonly #heard: ReadonlySet<RegionId>
  /** Who is yet to tell before anything new is applied. */
  readonly unheard: readonly RegionId[]
  /** Why this region keeps back its word about what is to be fenced; null where it does not. */
  readonly putOff: PutOff | null

  /** `recalled`: null where nothing can have been forgotten. */
  constructor(
    { fences: log, origin }: Pick<Head, 'fences' | 'origin'>,
    members: readonly RegionId[],
    recalled: Pick<Recalled, 'log' | 'heard'> | null = null,
  ) {
    this.#region = regionOf(origin)
    this.#heard = recalled?.heard ?? new Set()
    this.#own = log.retires.length === 0 ? null : knownOf(log, members)
    this.#told = recalled === null ? null : knownOf(mergeFences(log, recalled.log), members)
    this.unheard = this.#told === null ? [] : awaitedOf(this.#told, origin).filter((member) => !this.#heard.has(member))
    this.putOff = this.#putOffBy(this.#own) ?? this.#putOffBy(this.#told)
  }

  /** Something is to be fenced, or may be: what waits may say how far. */
  get isOpen(): boolean {
    return this.#told !== null || (this.#own !== null && this.#own.fences.open.length > 0)
  }

  /** The fence before an origin, once it is decided: what lies beyond is never applied. */
  heightOf(origin: Origin): number | null {
    return this.#own && heightOf(this.#own.fences, origin)
  }

  /** True where the commit is not to be applied, or not yet. */
  isBeyond({ origin, lastSequence }: Pick<SealedCommit, 'origin' | 'lastSequence'>, named: NamedBy): boolean {
    const limit = this.limitOf(origin, named)
    return limit !== null && lastSequence > limit
  }

  /** Null: without limit. */
  limitOf(origin: Origin, named: NamedBy): number | null {
    const limits = [
      this.#limitBy(this.#own, origin, named),
      this.#limitBy(this.#told, origin, named),
      this.unheard.length === 0 || regionOf(origin) === this.#region ? null : this.#formerlyHeld(origin, named),
    ].filter((limit) => limit !== null)
    return limits.length === 0 ? null : Math.min(...limits)
  }

  /**
   * Whether a region may bring this one up to date by a snapshot, as far as fences go. Where all others are being retired, as two
   * that retire each other, their retires wait for this one's word: then it is one of which this region has never said how far it
   * holds it, once all have told that. Of several the one that will stay; and where it has said so of that one, the other: it has
   * what commits of that show those to hold who may still be heard, and no more.
   */
  mayRestore(region: RegionId): boolean {
    if (this.#told === null) return true
    const { log, fences } = this.#told
    const standing = standingMembers(this.#told)
    if (standing.some((member) => member !== this.#region)) return standing.includes(region)
    const others = fences.members.filter((member) => member !== this.#region)
    if (!this.#heard.has(region) || !others.every((member) => this.#hasTold(member, log))) return false
    const heeded = others.filter((member) => hears({ log, fences }, this.#region, member))
    const leaving = fences.pending.flatMap(({ target }) => (target.before === null ? [target.region] : []))
    const staying = heeded.filter((member) => !leaving.includes(member))
    return (staying.length > 0 ? staying : heeded).includes(region)
  }

  /** Or never will: an operator who overrides has given up what it alone knows. */
  #hasTold(member: RegionId, { retires }: FenceLog): boolean {
    const isGivenUp = ({ region, before, overrides }: Retire) => region === member && before === null && overrides
    return this.#heard.has(member) || retires.some(isGivenUp)
  }

  /** By what it holds, or by a word that it has forgotten: others tell that one, and it hears no more than that lets it. */
  #putOffBy(hearing: Known | null): PutOff | null {
    return this.#own && hearing && putOffOf(this.#own, this.#region, hearing)
  }

  #limitBy(known: Known | null, origin: Origin, named: NamedBy): number | null {
    if (known === null) return null
    const { log, fences } = known
    const limit = limitOf(log, fences, this.#region, origin)
    if (limit === null || heightOf(fences, origin) !== null) return limit
    let highest = limit
    for (const [writer, clock] of named) {
      if (writer !== origin && isHeeded(log, fences, this.#region, writer))
        highest = Math.max(highest, sequenceOf(clock, origin))
    }
    return highest
  }

  /** What this region is known to have held of it before it was restored. */
  #formerlyHeld(origin: Origin, named: NamedBy): number {
    let highest = 0
    for (const [writer, clock] of named)
      if (regionOf(writer) === this.#region) highest = Math.max(highest, sequenceOf(clock, origin))
    return highest
  }
}

/**
 * Who may have agreed with an earlier life of `origin`'s region on what nobody else can tell. Not one that is being retired, where an
 * operator has given up what it alone knows: he overrides, or asked this region, or one that knew of this life of it by then, as the word
 * that goes with a retire shows (`heldOf`). Nor where it has said its own word about the lives before: who tells that has all that it
 * knew. A retire from before that life says nothing of it: by then this region itself could tell (0075).
 */
function awaitedOf({ log, fences }: Known, origin: Origin): readonly RegionId[] {
  const [region, life] = [regionOf(origin), incarnationOf(origin)]
  const isFormer = (each: Origin) => regionOf(each) === region && incarnationOf(each) === life - 1
  const gaveUp = ({ by, sequence, overrides }: Retire) => {
    const word = log.votes.find((vote) => vote.by === by && vote.sequence === sequence)
    return overrides || regionOf(by) === region || Object.keys(word?.held ?? {}).some(isFormer)
  }
  const ownEnd = targetKey({ region, before: life })
  const hasSaid = (member: RegionId) =>
    log.votes.some(({ by, targets }) => regionOf(by) === member && targets.includes(ownEnd))
  const isGivenUp = (member: RegionId) =>
    fences.open.some(({ key, retires }) => key === member && (retires.some(gaveUp) || hasSaid(member)))
  return fences.members.filter((member) => member !== region && !isGivenUp(member))
}

function knownOf(log: FenceLog, members: readonly RegionId[]): Known {
  return { log, fences: decideFences(log, members) }
}

/** What a region has to go by beside what it holds; null where nothing can have been forgotten. */
export function recalledAt(
  { origin, fences, frontier, chainHashes }: Pick<Head, 'origin' | 'fences' | 'frontier' | 'chainHashes'>,
  members: readonly RegionId[],
  recalled: Recalled | null,
): Pick<Recalled, 'log' | 'heard'> | null {
  if (incarnationOf(origin) === 1 || isWhole(fencingOf(fences, members, origin, frontier, chainHashes), origin))
    return null
  return recalled?.origin === origin ? recalled : nothingRecalled
}

const nothingRecalled: Pick<Recalled, 'log' | 'heard'> = { log: noFences, heard: new Set() }

export const noLimits: FenceLimits = new FenceLimits({ fences: noFences, origin: '' }, [])
