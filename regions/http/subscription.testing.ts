// For tests: a subscription over a real WebSocket, read `next` by `next`.

import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'

const clients = new Set<Client>()

export function openClient(url: string, connectionParams: Record<string, unknown> = {}): Client {
  const wsUrl = `${url.replace('http', 'ws')}/graphql`
  const client = createClient({ url: wsUrl, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams })
  clients.add(client)
  return client
}

export async function closeClients(): Promise<void> {
  for (const client of clients) await client.dispose()
  clients.clear()
}

export interface Next {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: unknown } }[]
  readonly extensions?: { readonly causeway?: { readonly token: string; readonly region: string } }
}

/** Reads `next` after `next`; `take` waits for that many. */
export class Subscription {
  readonly received: Next[] = []
  readonly #iterator: AsyncIterableIterator<unknown>

  constructor(url: string, query: string, variables: Record<string, unknown> = {}) {
    this.#iterator = openClient(url).iterate({ query, variables })
  }

  async take(count: number): Promise<Next[]> {
    const taken: Next[] = []
    while (taken.length < count) {
      const { done, value } = await this.#iterator.next()
      if (done === true) break
      taken.push(value as Next)
    }
    this.received.push(...taken)
    return taken
  }

  async stop(): Promise<void> {
    await this.#iterator.return?.()
  }
}

/** What a `next` shows of the subscription's one field. */
export function shown<Shown>(next: Next | undefined): Shown {
  return Object.values(next?.data ?? {})[0] as Shown
}

export const tokenOf = (next: Next | undefined) => next?.extensions?.causeway?.token ?? ''
