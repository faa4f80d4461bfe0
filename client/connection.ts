// One client's way to the gateways: requests over HTTP, and whether anyone answers. Tries the URLs in order of preference
// and probes until one answers. Knows no command and no subscription.

import { decodeToken, encodeToken } from '@causeway/schema/clock/causal-token'
import { mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { type Reply, replyOf } from './answer.ts'
import { backoffMs } from './backoff.ts'
import { queries } from './operations.ts'
import type { ClientPorts } from './ports.ts'

export type ConnectionState = 'online' | 'connecting' | 'offline'

export interface ConnectionOptions {
  /** In order of preference, at least one. */
  readonly urls: readonly string[]
  readonly token: (() => Promise<string>) | null
  readonly ports: ClientPorts
}

const requestTimeoutMs = 30_000
const probeTimeoutMs = 5_000
/** The app has as long to give a token; a request without one by then counts as not answered. */
const tokenTimeoutMs = 15_000

export class Connection {
  readonly #options: ConnectionOptions
  readonly #listeners = new Set<(state: ConnectionState) => void>()
  readonly #inFlight = new Set<AbortController>()
  #state: ConnectionState = 'offline'
  #preferred = 0
  #failures = 0
  #cancelProbe: () => void = () => {}
  #region: string | null = null
  /** All that this client was told of. */
  #seen: VersionVector | null = null

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get state(): ConnectionState {
    return this.#state
  }

  get url(): string {
    return this.#options.urls[this.#preferred % this.#options.urls.length] ?? ''
  }

  /** Which region answered last. */
  get region(): string | null {
    return this.#region
  }

  onState(listener: (state: ConnectionState) => void): void {
    this.#listeners.add(listener)
  }

  connect(): void {
    if (this.#state !== 'offline') return
    this.#failures = 0
    this.#become('connecting')
    void this.#probe()
  }

  /** Ends requests under way; what they asked may have happened. */
  disconnect(): void {
    this.#cancelProbe()
    this.#become('offline')
    for (const controller of this.#inFlight) controller.abort()
  }

  /** What came otherwise than by an answer: what is asked next reflects it, in whichever region. */
  saw(token: string, region: string): void {
    this.#region = region
    this.#keepToken(token)
  }

  /** What is asked next reflects what the token covers. */
  expects(token: string): void {
    this.#keepToken(token)
  }

  /** Whoever notices that the gateway is gone says so here. */
  lost(): void {
    if (this.#state !== 'online') return
    this.#preferred += 1
    this.#become('connecting')
    this.#probeLater()
  }

  async request(query: string, variables: object, resent = false): Promise<Reply> {
    const reply = await this.#post(query, variables, resent, requestTimeoutMs)
    if (reply.kind === 'unreachable') this.lost()
    return reply
  }

  /** For what authenticates in its own way, such as a WebSocket. Rejects where the app gives no token in time. */
  async authorization(): Promise<string | null> {
    const { token, ports } = this.#options
    if (token === null) return null
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = ports.after(tokenTimeoutMs, () => reject(new Error(`no token within ${tokenTimeoutMs} ms`)))
    })
    try {
      return `Bearer ${await Promise.race([token(), late])}`
    } finally {
      cancel()
    }
  }

  async #post(query: string, variables: object, resent: boolean, timeoutMs: number): Promise<Reply> {
    if (this.#state === 'offline') return { kind: 'unreachable', reason: 'disconnected' }
    const controller = new AbortController()
    const cancelTimeout = this.#options.ports.after(timeoutMs, () => controller.abort())
    this.#inFlight.add(controller)
    try {
      const response = await this.#options.ports.fetch(this.url, {
        method: 'POST',
        headers: await this.#headers(resent),
        body: JSON.stringify({ query, variables }),
        signal: controller.signal,
      })
      const body: unknown = await response.json().catch(() => null)
      this.#region = response.headers.get('causeway-region') ?? this.#region
      const reply = replyOf(response.status, body)
      if (reply.kind === 'data' && reply.token !== null) this.#keepToken(reply.token)
      // A token from a fenced incarnation helps nobody any more.
      if (reply.kind === 'errors' && reply.code === 'TOKEN_LOST') this.#seen = null
      return reply
    } catch (error) {
      return { kind: 'unreachable', reason: error instanceof Error ? error.message : String(error) }
    } finally {
      cancelTimeout()
      this.#inFlight.delete(controller)
    }
  }

  async #headers(resent: boolean): Promise<Record<string, string>> {
    const authorization = await this.authorization()
    return {
      'content-type': 'application/json',
      accept: 'application/json',
      // What this client was told it sees again, in whichever region.
      ...(this.#seen === null ? {} : { 'causeway-token': encodeToken(this.#seen), 'causeway-consistency': 'session' }),
      ...(authorization === null ? {} : { authorization }),
      ...(resent ? { 'causeway-resent': '1' } : {}),
    }
  }

  #keepToken(token: string): void {
    try {
      this.#seen = mergeVectors(this.#seen ?? {}, decodeToken(token))
    } catch {
      // No token of ours: there is nothing to wait for.
    }
  }

  async #probe(): Promise<void> {
    const reply = await this.#post(queries.probe, {}, false, probeTimeoutMs)
    if (this.#state !== 'connecting') return
    if (reply.kind === 'data') {
      this.#failures = 0
      this.#become('online')
      return
    }
    this.#preferred += 1
    this.#probeLater()
  }

  #probeLater(): void {
    this.#failures += 1
    const { ports } = this.#options
    this.#cancelProbe()
    this.#cancelProbe = ports.after(backoffMs(this.#failures, ports.unit()), () => {
      if (this.#state === 'connecting') void this.#probe()
    })
  }

  #become(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}
