// A WebSocket in virtual time that ends at a region's device sync, as one through a gateway does: the messages of
// graphql-transport-ws, in order, or a broken line. Knows nothing of what is in them.

import { deviceChanges } from '@causeway/regions/graphql/resolvers/device'
import type { SyncMessage } from '@causeway/schema/sync/items'
import type { VirtualProcess } from '../virtual-process.ts'
import { contextOf, toldError } from './door.ts'
import type { Line } from './line.ts'

interface ClientMessage {
  readonly type: string
  readonly id?: string
  readonly payload?: {
    readonly variables?: { readonly version: number; readonly scopes: unknown; readonly after: string | null }
  }
}

type Listener =
  | ((event: {
      readonly data?: string
      readonly code?: number
      readonly reason?: string
      readonly wasClean?: boolean
    }) => void)
  | null

const lookEveryMs = 1_000
const brokenCode = 1006

/** The constructor that the SDK is given: its sockets are of this line and die with this process. */
export function socketsOf(line: Line, process: VirtualProcess): unknown {
  return class {
    static readonly CONNECTING = 0
    static readonly OPEN = 1
    static readonly CLOSING = 2
    static readonly CLOSED = 3
    readonly protocol = 'graphql-transport-ws'
    readyState = 0
    onopen: Listener = null
    onmessage: Listener = null
    onclose: Listener = null
    onerror: Listener = null
    readonly #streams = new Map<string, AsyncIterator<unknown>>()

    constructor() {
      line.way(process).then(
        () => {
          this.readyState = 1
          this.onopen?.({})
          this.#watch()
        },
        () => this.#break('it could not be opened'),
      )
    }

    send(text: string): void {
      const message = JSON.parse(text) as ClientMessage
      line.way(process).then(
        () => this.#heard(message),
        () => this.#break('the line is dead'),
      )
    }

    close(): void {
      this.#end(1000, 'closed')
    }

    #heard({ type, id = '', payload }: ClientMessage): void {
      if (type === 'connection_init') this.#tell({ type: 'connection_ack' })
      else if (type === 'ping') this.#tell({ type: 'pong' })
      else if (type === 'complete') void this.#streams.get(id)?.return?.()
      else if (type === 'subscribe' && payload?.variables !== undefined) void this.#stream(id, payload.variables)
    }

    async #stream(
      id: string,
      variables: NonNullable<NonNullable<ClientMessage['payload']>['variables']>,
    ): Promise<void> {
      const { cluster, random, report } = line.setting
      const nodes = cluster.members.flatMap((member) => cluster.nodes(member))
      const node = nodes.length === 0 ? undefined : random.pick(nodes)
      if (node?.region == null) return this.#break('no region is there')
      const { region, ports } = node
      const isGone = () => !node.process.isAlive || this.readyState !== 1
      // From the first on: a node may die before it has a stream to send.
      const watch = () => {
        if (!node.process.isAlive) this.#break('the region is gone')
        else if (this.readyState === 1) cluster.time.after(lookEveryMs, watch)
      }
      watch()
      try {
        const context = await contextOf(region, ports, {})
        const stream = await deviceChanges(variables, context)
        this.#streams.set(id, stream)
        for await (const emission of stream) {
          await node.process.turn()
          if (isGone()) return
          await this.#tellMessage(id, emission.value)
        }
        if (!isGone()) this.#tell({ type: 'complete', id })
      } catch (error) {
        if (node.process.isAlive) this.#tell({ type: 'error', id, payload: [toldError(error, report)] })
      } finally {
        this.#streams.delete(id)
      }
    }

    async #tellMessage(id: string, { nowMs, ...message }: SyncMessage): Promise<void> {
      const deviceSync = { ...message, now: new Date(nowMs).toISOString() }
      await line.way(process).catch(() => this.#break('the line is dead'))
      this.#deliver({ type: 'next', id, payload: { data: { deviceSync } } })
    }

    #tell(message: object): void {
      line.way(process).then(
        () => this.#deliver(message),
        () => this.#break('the line is dead'),
      )
    }

    #deliver(message: object): void {
      if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(message) })
    }

    /** Silence is found out in the end, as by pings. */
    #watch(): void {
      const { time } = line.setting.cluster
      time.after(lookEveryMs, () => {
        if (this.readyState !== 1) return
        if (line.isCut) void line.way(process).catch(() => this.#break('the line is dead'))
        this.#watch()
      })
    }

    #break(reason: string): void {
      process.do(() => this.#end(brokenCode, reason))
    }

    #end(code: number, reason: string): void {
      if (this.readyState === 3) return
      this.readyState = 3
      for (const stream of this.#streams.values()) void stream.return?.()
      queueMicrotask(() => this.onclose?.({ code, reason, wasClean: code === 1000 }))
    }
  }
}
