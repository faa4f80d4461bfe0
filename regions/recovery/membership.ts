// Who belongs to the cluster as of this node's head: what is fenced, whom to ask, how far to apply. Remembers what follows
// from a head until that moves on; decides nothing.

import type { LogFloor } from '@causeway/db/history'
import type { Head } from '@causeway/db/store'
import { type Origin, type RegionId, regionOf } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import {
  apartOf,
  endOf,
  type Fencing,
  fencingOf,
  isHeirOf,
  isWhole,
  lostOf,
  membersAt,
  standingMembers,
} from '@causeway/schema/fence/fencing'
import { FenceLimits, recalledAt } from './fence-limits.ts'
import { passingEnds } from './own-end.ts'
import type { Recalled } from './recollection.ts'
import { ApartRegion, RetiredRegion } from './standing.ts'

export interface MembershipSetting {
  readonly region: RegionId
  /** Every region of the configuration. */
  readonly members: readonly RegionId[]
  /** As this node knows it. */
  readonly head: () => Head
  /** What others have told of fences that this region may have forgotten. */
  readonly recalled: () => Recalled
}

export class Membership {
  readonly #setting: MembershipSetting
  #fencing: { readonly head: Head; readonly value: Fencing } | null = null
  #limits: {
    readonly fences: Head['fences']
    readonly recalled: ReturnType<typeof recalledAt>
    readonly value: FenceLimits
  } | null = null

  constructor(setting: MembershipSetting) {
    this.#setting = setting
  }

  get fencing(): Fencing {
    const { members, head } = this.#setting
    const now = head()
    if (this.#fencing?.head !== now)
      this.#fencing = { head: now, value: fencingOf(now.fences, members, now.origin, now.frontier, now.chainHashes) }
    return this.#fencing.value
  }

  /** The same one until what was said of fences changes, or what others tell of that. */
  get limits(): FenceLimits {
    const { members, head, recalled } = this.#setting
    const now = head()
    const { fences } = now
    const told = recalledAt(now, members, recalled())
    if (this.#limits?.fences !== fences || this.#limits.recalled !== told)
      this.#limits = { fences, recalled: told, value: new FenceLimits(now, members, told) }
    return this.#limits.value
  }

  /** This region was restored from an older copy, and may have forgotten what it had said of fences. */
  get isForgetful(): boolean {
    const { members, head } = this.#setting
    return recalledAt(head(), members, null) !== null
  }

  /** Members that nobody retires. */
  get standing(): readonly RegionId[] {
    return standingMembers(this.fencing)
  }

  /** Other members whose commits are still to come. */
  get awaited(): readonly RegionId[] {
    const { region, members, head } = this.#setting
    return membersAt(head(), members).filter((member) => member !== region)
  }

  /** The others of those that nobody retires; nobody where this region is retired itself. */
  get peers(): readonly RegionId[] {
    if (this.end === 'retired') return []
    return this.standing.filter((member) => member !== this.#setting.region)
  }

  /** The others that have not left, those that are to leave among them; nobody where this region has left itself. */
  get remaining(): readonly RegionId[] {
    if (this.end === 'retired') return []
    return this.fencing.fences.members.filter((member) => member !== this.#setting.region)
  }

  /** Of the remaining ones, those whose state may take the place of this region's (C10). */
  get restorers(): readonly RegionId[] {
    const { limits } = this
    return this.remaining.filter((member) => limits.mayRestore(member))
  }

  /** Whether this region still writes. */
  get end(): 'retired' | 'retiring' | null {
    return endOf(this.fencing.fences, this.#setting.head().origin)
  }

  /** Why this region must not serve; null while it may. */
  get unready(): string | null {
    const { region } = this.#setting
    if (this.end === 'retired') return `${region} is retired: it has left the cluster`
    return this.isApart ? new ApartRegion(region).message : null
  }

  /** This region holds more of its own log than the others have agreed on: it has to begin anew from what they hold (W8). */
  get isApart(): boolean {
    const { origin, frontier } = this.#setting.head()
    return apartOf(this.fencing.fences, origin, frontier) !== null
  }

  /** This region has begun anew and does not hold again what it had shown to hold, or has heard nothing of the others yet. */
  get lacksState(): boolean {
    const { region, head } = this.#setting
    const { origin, frontier } = head()
    const isAlone = Object.keys(frontier).every((each) => regionOf(each) === region)
    return isAlone || this.isApart || !isWhole(this.fencing, origin)
  }

  /** Whether this region has taken over what the origin left behind. */
  isHeirOf(origin: Origin): boolean {
    return isHeirOf(this.fencing, this.#setting.head().origin, origin)
  }

  /** For callers: what is written while others agree how far this log goes would most likely lie behind its end. */
  writing<Result>(write: () => Promise<Result>): Promise<Result> {
    const { region } = this.#setting
    if (this.isApart) return Promise.reject(new ApartRegion(region))
    return this.end === null ? write() : Promise.reject(new RetiredRegion(region))
  }

  /** From where on a peer is served that asks for all after `vector`, where that is not what it asks for: by a region that has left. */
  servedAfter(vector: VersionVector, floor: () => Promise<LogFloor>): Promise<VersionVector> | null {
    if (this.end !== 'retired') return null
    const { fences } = this.fencing
    return floor().then((gone) => passingEnds(fences, gone.vector, vector))
  }

  /** An origin that was fenced before what `vector` holds of it: nobody will ever hold that. */
  lostOf(vector: VersionVector): { readonly origin: string; readonly height: number } | null {
    return lostOf(this.fencing.fences, vector)
  }
}
