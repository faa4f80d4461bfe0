// Subscriptions over one WebSocket, each taken up again from its causal token after any break: no gap and no repeat.
// Runs while the connection is online. Knows no view; it hands on what a subscription brings.

import { type Client, createClient } from 'graphql-ws'
import { asRecord, recordAt } from './answer.ts'
import { backoffMs } from './backoff.ts'
import type { Connection } from './connection.ts'
import type { ClientPorts } from './ports.ts'

export interface LiveQuery {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  /** From where on; null: the state now, then every change. */
  readonly after: string | null
  readonly onData: (data: Readonly<Record<string, unknown>>) => void
}

interface Running {
  readonly live: LiveQuery
  token: string | null
  failures: number
  stop: () => void
}

/** The server must answer a ping within this, else the line is taken for dead. */
const keepAliveMs = 10_000

export class Live {
  readonly #connection: Connection
  readonly #ports: ClientPorts
  readonly #running = new Set<Running>()
  #client: Client | null = null

  constructor(connection: Connection, ports: ClientPorts) {
    this.#connection = connection
    this.#ports = ports
    connection.onState((state) => (state === 'online' ? this.#start() : this.#stop()))
  }

  /** Returns what ends it. */
  follow(live: LiveQuery): () => void {
    const running: Running = { live, token: live.after, failures: 0, stop: () => {} }
    this.#running.add(running)
    this.#subscribe(running)
    return () => {
      this.#running.delete(running)
      running.stop()
    }
  }

  #start(): void {
    this.#client = createClient({
      url: this.#connection.url.replace(/^http/, 'ws'),
      webSocketImpl: this.#ports.webSocket,
      connectionParams: async () => {
        const authorization = await this.#connection.authorization()
        return authorization === null ? {} : { authorization }
      },
      // Its own retries would ask again from the first token; ours go on from the last one.
      retryAttempts: 0,
      keepAlive: keepAliveMs,
    })
    for (const running of this.#running) this.#subscribe(running)
  }

  #stop(): void {
    const client = this.#client
    this.#client = null
    for (const running of this.#running) running.stop()
    void client?.dispose()
  }

  #subscribe(running: Running): void {
    const client = this.#client
    if (client === null) return
    let ended = false
    const again = () => {
      if (ended) return
      ended = true
      running.failures += 1
      running.stop = this.#ports.after(backoffMs(running.failures, this.#ports.unit()), () => {
        if (this.#running.has(running) && this.#client === client) this.#subscribe(running)
      })
    }
    const end = client.subscribe<Record<string, unknown>>(
      { query: running.live.query, variables: { ...running.live.variables, after: running.token } },
      {
        next: (result) => {
          if (ended) return
          if (result.errors !== undefined) return this.#refused(running, result.errors)
          running.failures = 0
          const token = recordAt(result.extensions, 'causeway')?.token
          if (typeof token === 'string') running.token = token
          if (result.data) running.live.onData(result.data)
        },
        error: (error) => {
          if (ended || this.#client !== client) return
          if (Array.isArray(error)) {
            this.#refused(running, error)
            again()
          } else {
            ended = true
            this.#connection.lost()
          }
        },
        // The server ended it, perhaps because its region stops: go on elsewhere.
        complete: again,
      },
    )
    running.stop = () => {
      ended = true
      end()
    }
  }

  /** A token that no region can continue any more gives way to the state now. */
  #refused(running: Running, errors: readonly unknown[]): void {
    const code = asRecord(asRecord(errors[0])?.extensions)?.code
    if (code === 'TOKEN_LOST') running.token = null
  }
}
