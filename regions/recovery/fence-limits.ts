// How far commits of what is fenced, or is to be, are applied here (S7): not beyond a decided fence, and not beyond what this
// region has said that it holds unless others whose word counts have applied it too. Pure.

import type { Head } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { type FenceLog, noFences } from '@causeway/schema/fence/fence-log'
import { decideFences, type Fences, heightOf, isHeeded, limitOf } from '@causeway/schema/fence/fences'

/** By writer, what its commits that are not applied yet name. */
export type NamedBy = ReadonlyMap<Origin, VersionVector>

export const nothingNamed: NamedBy = new Map()

export class FenceLimits {
  readonly #log: FenceLog
  readonly #region: RegionId
  readonly #fences: Fences | null

  constructor({ fences, region }: Pick<Head, 'fences' | 'region'>, members: readonly RegionId[]) {
    this.#log = fences
    this.#region = region
    this.#fences = fences.retires.length === 0 ? null : decideFences(fences, members)
  }

  /** Something is to be fenced: what waits may say how far. */
  get isOpen(): boolean {
    return this.#fences !== null && this.#fences.open.length > 0
  }

  /** The fence before an origin, once it is decided: what lies beyond is never applied. */
  heightOf(origin: Origin): number | null {
    return this.#fences && heightOf(this.#fences, origin)
  }

  /** True where the commit is not to be applied, or not yet. */
  isBeyond({ origin, lastSequence }: Pick<SealedCommit, 'origin' | 'lastSequence'>, named: NamedBy): boolean {
    const limit = this.limitOf(origin, named)
    return limit !== null && lastSequence > limit
  }

  /** Null: without limit. */
  limitOf(origin: Origin, named: NamedBy): number | null {
    if (this.#fences === null) return null
    const limit = limitOf(this.#log, this.#fences, this.#region, origin)
    if (limit === null || this.heightOf(origin) !== null) return limit
    let highest = limit
    for (const [writer, clock] of named) {
      if (writer !== origin && isHeeded(this.#log, this.#fences, this.#region, writer))
        highest = Math.max(highest, sequenceOf(clock, origin))
    }
    return highest
  }
}

export const noLimits: FenceLimits = new FenceLimits({ fences: noFences, region: '' }, [])
