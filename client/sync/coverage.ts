// How much of what was accepted the confirmed data has (R8): nothing, while it is behind the outcome; all but the documents, while a
// scope that is to bring them is still loading; or all of it. Knows neither the queue nor what is shown.

import { decodeToken } from '@causeway/schema/clock/causal-token'
import { covers, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { ScopeRequest } from '@causeway/schema/sync/scope'
import { concernsOf } from '../outbox/concerns.ts'
import type { QueuedCommand } from '../outbox/outbox.ts'
import type { SyncPlace } from '../replica/confirmed.ts'

/** `counted`: its documents are still to come; stock has no scope to wait for, so that no sale counts twice for as long as one loads. */
export type Covered = 'behind' | 'counted' | 'whole'

export interface CoverageOptions {
  readonly scopes: () => readonly ScopeRequest[]
  readonly place: () => SyncPlace
}

/** Causal tokens that are kept read. */
const maximumPositions = 2_000

export class Coverage {
  readonly #options: CoverageOptions
  readonly #positions = new Map<string, VersionVector | null>()
  /** What the data had whole once: a scope that is followed later does not bring back what was let go of. */
  readonly #done = new WeakSet<QueuedCommand>()

  constructor(options: CoverageOptions) {
    this.#options = options
  }

  /** Of work that was accepted with a token. */
  of(token: string | null, command: QueuedCommand): Covered {
    if (!this.#reaches(token)) return 'behind'
    if (token !== null && !this.#done.has(command) && this.#isAwaited(command)) return 'counted'
    this.#done.add(command)
    return 'whole'
  }

  #reaches(token: string | null): boolean {
    if (token === null || this.#options.scopes().length === 0) return true
    const position = this.#positionOf(token)
    // No token of ours: nothing to wait for.
    return position === null || covers(this.#options.place().at, position)
  }

  /** `at` says nothing of a scope that is not held: the data may be past the outcome and not have what it made. */
  #isAwaited(command: QueuedCommand): boolean {
    const { held } = this.#options.place()
    const scopes = this.#options.scopes()
    const loading = scopes.filter(({ name }) => !held.includes(name))
    if (loading.length === 0) return false
    const here = scopes.filter(({ name }) => held.includes(name))
    return concernsOf(command).changes.some((concern) => {
      const slash = concern.indexOf('/')
      const [kind, id] = [concern.slice(0, slash), concern.slice(slash + 1)]
      const owner = kind === 'order' ? ownerIn(command) : undefined
      return (
        loading.some((scope) => mayName(scope, kind, id, owner)) && !here.some((scope) => names(scope, kind, id, owner))
      )
    })
  }

  /** Read once: of a long queue every piece is asked about again and again. */
  #positionOf(token: string): VersionVector | null {
    let position = this.#positions.get(token)
    if (position !== undefined) return position
    try {
      position = decodeToken(token)
    } catch {
      position = null
    }
    if (this.#positions.size >= maximumPositions) this.#positions.clear()
    this.#positions.set(token, position)
    return position
  }
}

/** Whose order it is; undefined where the command does not say. */
function ownerIn({ name, input }: QueuedCommand): string | null | undefined {
  if (name !== 'placeOrder') return undefined
  return 'customerId' in input && typeof input.customerId === 'string' ? input.customerId : null
}

function names(scope: ScopeRequest, kind: string, id: string, owner: string | null | undefined): boolean {
  switch (kind) {
    case 'order':
      return scope.orders.includes(id) || (owner != null && scope.ordersOf === owner)
    case 'cart':
      return scope.carts.includes(id)
    case 'customer':
      return scope.customer === id
    default:
      return false
  }
}

/** An order of nobody knows whom may be among those of any customer. */
function mayName(scope: ScopeRequest, kind: string, id: string, owner: string | null | undefined): boolean {
  return names(scope, kind, id, owner) || (kind === 'order' && owner === undefined && scope.ordersOf !== undefined)
}
