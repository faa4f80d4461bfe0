// The WebSocket under the sync, and how a dead one is noticed: a device that changes networks is often left with a line on which
// nothing comes and which nobody closes. Knows no subscription's content.

import { type Client, createClient } from 'graphql-ws'
import type { ClientPorts } from '../ports.ts'

export interface LineOptions {
  readonly url: string
  readonly ports: ClientPorts
  /** Null: none. Asked anew for every line, so a token that has expired is renewed (R5). */
  readonly authorization: () => Promise<string | null>
  readonly times?: LineTimes
}

export interface LineTimes {
  /** Without anything to say, the server is asked whether it is there. */
  readonly keepAliveMs: number
  /** It must answer that, and a new line's greeting, within this; else the line is taken for dead. */
  readonly answerWithinMs: number
}

export const lineTimes: LineTimes = { keepAliveMs: 10_000, answerWithinMs: 5_000 }

/** Every end of the line is told to the subscriptions on it as an error. */
export function openLine({ url, ports, authorization, times = lineTimes }: LineOptions): Client {
  let cancel = () => {}
  const heard = () => cancel()
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: ports.webSocket,
    connectionParams: async () => {
      const token = await authorization()
      return token === null ? {} : { authorization: token }
    },
    // Its own retries would ask again from the first cursor; ours go on from the last one.
    retryAttempts: 0,
    keepAlive: times.keepAliveMs,
    connectionAckWaitTimeout: times.answerWithinMs,
    on: {
      // The library asks, and leaves it to us what no answer means.
      ping: (isReceived) => {
        if (isReceived) return
        cancel()
        cancel = ports.after(times.answerWithinMs, () => client.terminate())
      },
      message: heard,
      closed: heard,
    },
  })
  return client
}
