// Which database this is (W8).

import { incarnationOf } from '@causeway/schema/clock/origin'
import { type Head, StoreError } from './store.ts'

/** What tells one life of a database from another (W8). Constant for the memory store. */
export interface StoreIdentity {
  readonly systemIdentifier: string
  readonly timeline: number
  /** As stored when this region last began an incarnation; null before the first. */
  readonly known: { readonly systemIdentifier: string; readonly timeline: number } | null
}

/** Whether the region writes under this incarnation, or a later one, of this very database. */
export function isBegun(
  { systemIdentifier, timeline, known }: StoreIdentity,
  { origin }: Pick<Head, 'origin'>,
  incarnation: number,
): boolean {
  const isKnown = known?.systemIdentifier === systemIdentifier && known.timeline === timeline
  return isKnown && incarnationOf(origin) >= incarnation
}

type Life = Pick<StoreIdentity, 'systemIdentifier' | 'timeline'>

/**
 * Which life of the database a store works on: the one that it met first. A connection that is opened later may lead to another
 * one: a standby that was promoted, a copy that was put in its place. What the node remembers is not of that one, and its origin's
 * sequences may be given out a second time there, so nothing is written through the store from then on.
 */
export class DatabaseLife {
  #met: Life | null = null
  #position = 0
  #reason: string | null = null
  #tell: (reason: string) => void = () => undefined
  /** Resolves, with why, once another one was met, or the store has lost its way to this one. */
  readonly over = new Promise<string>((resolve) => {
    this.#tell = resolve
  })

  /** Throws REPLACED where it is not the one that was met first. */
  meet({ systemIdentifier, timeline }: Life): void {
    this.#met ??= { systemIdentifier, timeline }
    const { systemIdentifier: identifier, timeline: first } = this.#met
    if (identifier !== systemIdentifier) this.#end('it is another server than this node has begun on')
    if (timeline !== first) this.#end(`it was restored or promoted: its timeline is ${timeline}, and was ${first}`)
    if (this.#reason !== null) throw replacedError(this.#reason)
  }

  /** Throws REPLACED where it has forgotten commits that it held: positions only grow. */
  reached(position: number): void {
    if (position < this.#position) this.#end(`it ends at position ${position}, and held ${this.#position} commits`)
    if (this.#reason !== null) throw replacedError(this.#reason)
    this.#position = position
  }

  /** The connections to it are dead. */
  lost(): void {
    this.#tell('its connections to the database are dead, though that can be reached')
  }

  #end(reason: string): void {
    this.#reason ??= reason
    this.#tell(this.#reason)
  }
}

function replacedError(reason: string): StoreError {
  const message = `the database is not the one that this node has worked on: ${reason}; nothing was written`
  return new StoreError('REPLACED', message, { retry: false })
}
