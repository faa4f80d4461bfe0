// Keeps the replica current: one subscription for all scopes, taken up again from the stored cursor after any break, in whichever
// region. Messages are stored one after the other, each as one step with its cursor, and only then shown (R1). Runs while the
// connection is online.

import { TokenError } from '@causeway/schema/clock/causal-token'
import { type SyncMessage, syncVersion } from '@causeway/schema/sync/items'
import type { ScopeRequest } from '@causeway/schema/sync/scope'
import type { Client } from 'graphql-ws'
import { asRecord } from '../answer.ts'
import { backoffMs } from '../backoff.ts'
import type { Connection } from '../connection.ts'
import { deviceSync } from '../operations.ts'
import type { ClientPorts } from '../ports.ts'
import { type LineTimes, openLine } from './line.ts'

export interface SyncOptions {
  readonly connection: Connection
  readonly ports: ClientPorts
  /** Of the pages that share the storage, one syncs (R5). */
  readonly leads: () => boolean
  readonly scopes: () => readonly ScopeRequest[]
  readonly cursor: () => string | null
  /**
   * Stores a message and takes it in; a rejection means that nothing of it was taken, and it comes again. Where `isCurrent` is
   * false by the time that its turn comes, something else is asked for by now, and it is left out.
   */
  readonly take: (message: SyncMessage, isCurrent: () => boolean) => Promise<void>
  /** The cursor is of no use any more: everything is loaded anew. */
  readonly lost: () => Promise<void>
  /** Said by the region and not mended by asking again; null once it works. */
  readonly onTrouble: (trouble: SyncTrouble | null) => void
  readonly times?: LineTimes
}

/** `UNSUPPORTED_VERSION`: the app must be updated, or the region. `STORAGE`: what comes cannot be kept. */
export interface SyncTrouble {
  readonly code: string
  readonly message: string
}

export class Sync {
  readonly #options: SyncOptions
  #client: Client | null = null
  #stop: () => void = () => {}
  #failures = 0
  #taking: Promise<void> = Promise.resolve()
  /** Counts subscriptions: what belongs to an older one is not taken any more. */
  #generation = 0

  constructor(options: SyncOptions) {
    this.#options = options
    options.connection.onState((state) => (state === 'online' ? this.#start() : this.end()))
  }

  /** The scopes are other ones now. */
  restart(): void {
    this.#stop()
    this.#generation += 1
    if (this.#client !== null) this.#subscribe(this.#client)
  }

  end(): void {
    const client = this.#client
    this.#client = null
    this.#generation += 1
    this.#stop()
    // A line that was still being opened fails, and nobody waits for it any more.
    void Promise.resolve(client?.dispose()).catch(() => {})
  }

  /** Resolves when nothing is being stored any more. */
  async idle(): Promise<void> {
    await this.#taking
  }

  #start(): void {
    const { connection, ports, times } = this.#options
    this.#client = openLine({
      url: connection.url,
      ports,
      authorization: () => connection.authorization(),
      ...(times !== undefined && { times }),
    })
    this.restart()
  }

  #subscribe(client: Client): void {
    const { scopes, cursor, ports, connection, leads, onTrouble } = this.#options
    const asked = scopes()
    if (asked.length === 0 || !leads()) return
    const generation = this.#generation
    const isCurrent = () => this.#generation === generation && this.#client === client
    const again = (isFailure: boolean) => {
      if (!isCurrent()) return
      this.#failures = isFailure ? this.#failures + 1 : 0
      // What came is stored first: the next one goes on from there.
      this.#taking = this.#taking.then(() => {
        if (!isCurrent()) return
        if (!isFailure) return this.restart()
        this.#stop = ports.after(backoffMs(this.#failures, ports.unit()), () => isCurrent() && this.restart())
      })
    }
    const refused = (errors: readonly unknown[]) => {
      const error = asRecord(errors[0])
      const code = String(asRecord(error?.extensions)?.code ?? 'INTERNAL')
      onTrouble({ code, message: String(error?.message ?? '') })
      if (code === 'TOKEN_LOST' || code === 'BAD_USER_INPUT')
        this.#taking = this.#taking.then(() => this.#options.lost())
      again(true)
    }
    const variables = { version: syncVersion, scopes: asked, after: cursor() }
    let hasCome = false
    const end = client.subscribe<{ readonly deviceSync: Omit<SyncMessage, 'nowMs'> & { readonly now: string } }>(
      { query: deviceSync, variables },
      {
        next: ({ data, errors }) => {
          if (!isCurrent()) return
          if (errors !== undefined) return refused(errors)
          if (data == null) return
          hasCome = true
          const { now, ...message } = data.deviceSync
          this.#take({ ...message, nowMs: Date.parse(now) }, isCurrent)
        },
        error: (error) => {
          if (!isCurrent()) return
          if (Array.isArray(error)) return refused(error)
          const turnedAway = turnedAwayBy(error)
          if (turnedAway !== null) {
            // The next line asks for the token anew.
            onTrouble({ code: 'UNAUTHENTICATED', message: turnedAway })
            return again(true)
          }
          // The line is gone: the connection finds out whether anyone else is there.
          this.#generation += 1
          connection.lost()
        },
        // A window is full, or the region stops: go on from where this is. One that said nothing is not asked again at once.
        complete: () => again(!hasCome),
      },
    )
    this.#stop = end
  }

  #take(message: SyncMessage, isCurrent: () => boolean): void {
    this.#taking = this.#taking.then(async () => {
      if (!isCurrent()) return
      try {
        await this.#options.take(message, isCurrent)
        this.#failures = 0
        this.#options.onTrouble(null)
      } catch (error) {
        const code = error instanceof TokenError ? 'BAD_USER_INPUT' : 'STORAGE'
        this.#options.onTrouble({ code, message: error instanceof Error ? error.message : String(error) })
        this.#pause()
      }
    })
  }

  /** What comes behind a message that was not taken must not be taken either. */
  #pause(): void {
    const { ports } = this.#options
    this.#stop()
    this.#failures += 1
    this.#generation += 1
    const generation = this.#generation
    this.#stop = ports.after(backoffMs(this.#failures, ports.unit()), () => {
      if (this.#generation === generation) this.restart()
    })
  }
}

/** Closed by a server that does not believe who we are; null for every other end of a line. */
function turnedAwayBy(event: unknown): string | null {
  const { code, reason } = asRecord(event) ?? {}
  return code === 4401 || code === 4403 ? String(reason) : null
}
