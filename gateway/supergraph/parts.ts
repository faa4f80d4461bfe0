// What the parts of one planned operation bring back besides data: who answered, and how much of the log each reflects.

import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import type { RegionId } from '@causeway/schema/clock/origin'
import { emptyVector, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'

export class Parts {
  readonly #regions = new Set<RegionId>()
  #vector: VersionVector = emptyVector
  #hasToken = false

  answered(region: RegionId, token: string | undefined): void {
    this.#regions.add(region)
    if (token !== undefined) this.reached(token)
  }

  reached(token: string): void {
    try {
      this.#vector = mergeVectors(this.#vector, decodeToken(token))
      this.#hasToken = true
    } catch {
      // A region that gives a token nobody can read gives none.
    }
  }

  /** Every region that answered a part, in the order of their answers. */
  regions(): string | undefined {
    return this.#regions.size === 0 ? undefined : [...this.#regions].join(', ')
  }

  /** Covers what each part reflects; undefined where no part said. */
  token(): string | undefined {
    return this.#hasToken ? encodeToken(this.#vector) : undefined
  }
}
