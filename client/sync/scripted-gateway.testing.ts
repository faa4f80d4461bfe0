// For tests: a gateway that says what a test tells it to, in the messages of graphql-ws, and can be deaf.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeToken } from '@causeway/schema/clock/causal-token'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import { encodeCursor } from '@causeway/schema/sync/cursor'
import type { SyncMessage } from '@causeway/schema/sync/items'
import type { ScopeRequest } from '@causeway/schema/sync/scope'
import { type WebSocket, WebSocketServer } from 'ws'

export interface Asked {
  readonly scopes: readonly ScopeRequest[]
  readonly after: string | null
  readonly authorization: string | undefined
  /** Says a message, held in all scopes and live where it says nothing else. */
  say(at: VersionVector, more?: Partial<SyncMessage>): void
  complete(): void
  fail(code: string): void
}

export interface SentUnit {
  readonly id: string
  readonly dependsOn: readonly string[]
  readonly base: readonly string[]
  readonly patches: readonly { readonly map: string; readonly key: string }[]
}

/** By id: null accepts, a code refuses. */
export type Verdict = (unit: SentUnit) => string | null | 'PENDING'

interface Call {
  readonly query: string
  readonly variables: { readonly input?: object }
}

/** What every outcome stands on. */
export const outcomesAt = { 'eu-west-1': 9_000 }

export class ScriptedGateway {
  readonly asked: Asked[] = []
  readonly sent: SentUnit[] = []
  verdict: Verdict = () => null
  /** Answers neither ping nor greeting. */
  isDeaf = false
  lines = 0
  readonly #http = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(parts).toString()) as Call
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ data: this.#answer(query, variables.input) }))
    })
  })
  readonly #sockets = new WebSocketServer({
    server: this.#http,
    path: '/graphql',
    handleProtocols: ([first]) => first ?? false,
  })

  async start(): Promise<this> {
    this.#sockets.on('connection', (socket) => this.#serve(socket))
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/graphql`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }

  closeLines(code: number, reason: string): void {
    for (const socket of this.#sockets.clients) socket.close(code, reason)
  }

  get last(): Asked {
    const asked = this.asked.at(-1)
    if (asked === undefined) throw new Error('nobody has asked yet')
    return asked
  }

  #answer(query: string, input: object | undefined): object {
    const causalToken = encodeToken(outcomesAt)
    if (input === undefined) return { __typename: 'Query' }
    // Every command is accepted.
    if (!('units' in input)) return { [/{ (\w+)\(input/.exec(query)?.[1] ?? '']: { causalToken, userErrors: [] } }
    const units = input.units as readonly SentUnit[]
    this.sent.push(...units)
    const results = units.map((unit) => {
      const code = this.verdict(unit)
      const state = code === null ? 'ACCEPTED' : code === 'PENDING' ? 'PENDING' : 'REFUSED'
      return { id: unit.id, state, code, message: null }
    })
    return { applyUnits: { results, causalToken, now: new Date().toISOString(), userErrors: [] } }
  }

  #serve(socket: WebSocket): void {
    this.lines += 1
    let authorization: string | undefined
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; id: string; payload?: Record<string, unknown> }
      if (message.type === 'connection_init') {
        authorization = message.payload?.authorization as string | undefined
        socket.send(JSON.stringify({ type: 'connection_ack' }))
      } else if (message.type === 'ping' && !this.isDeaf) socket.send(JSON.stringify({ type: 'pong' }))
      else if (message.type === 'subscribe') this.#asked(socket, message.id, message.payload?.variables, authorization)
    })
  }

  #asked(socket: WebSocket, id: string, variables: unknown, authorization: string | undefined): void {
    const { scopes, after } = variables as { scopes: readonly ScopeRequest[]; after: string | null }
    const send = (message: object) => socket.send(JSON.stringify({ id, ...message }))
    this.asked.push({
      ...{ scopes, after, authorization },
      say: (at, more = {}) => {
        const held = more.held ?? scopes.map(({ name }) => name)
        const deviceSync = {
          ...{ cursor: encodeCursor({ at, seen: at, held, loading: null }), at: encodeToken(at), phase: 'LIVE', held },
          ...{ loaded: 0, total: 0, now: new Date().toISOString(), region: 'eu-west-1', regions: ['eu-west-1'] },
          ...{ items: [], spans: [], ...more },
        }
        send({ type: 'next', payload: { data: { deviceSync } } })
      },
      complete: () => send({ type: 'complete' }),
      fail: (code) => send({ type: 'error', payload: [{ message: code, extensions: { code } }] }),
    })
  }
}
