import { decodeToken } from '@causeway/schema/clock/causal-token'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { FakeRegion } from '../fixtures/fake-region.ts'
import { at, follow, socketUrl, world } from '../fixtures/world.testing.ts'
import type { Gateway } from '../options.ts'

/** Numbers events from 1, whichever region they are published in. */
function publisher() {
  let last = 0
  return {
    /** Returns the last sequence. */
    publish(region: FakeRegion, count: number): number {
      for (let index = 0; index < count; index++) region.publish(++last)
      return last
    },
    /** A subscription is told of what comes after it began, and nobody is told when that was. */
    async publishUntil(region: FakeRegion, isSeen: () => boolean): Promise<void> {
      const step = () => {
        if (!isSeen()) region.publish(++last)
        return isSeen()
      }
      await expect.poll(step, { timeout: 10_000 }).toBe(true)
    },
  }
}

function sequences(messages: readonly unknown[]): number[] {
  return messages.map((message) => Number(at(message, 'data.events.sequence')))
}

async function gatewaySubscriptions(gateway: Gateway): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^causeway_gateway_subscriptions (\d+)$/m.exec(text)?.[1])
}

describe('subscriptions', () => {
  it('pass through with the token of each message', async () => {
    const { gateway, us } = await world()
    const { messages } = follow(gateway, 'subscription { events { sequence originRegion } }')
    await expect.poll(() => gatewaySubscriptions(gateway)).toBe(1)
    await publisher().publishUntil(us, () => messages.length > 0)
    expect(at(messages[0], 'data.events.originRegion')).toBe('us-east-1')
    const token = String(at(messages[0], 'extensions.causeway.token'))
    expect(decodeToken(token)).toEqual({ log: at(messages[0], 'data.events.sequence') })
  })

  it('G3: a subscription whose region dies goes on in another without a gap or a repeat', async () => {
    const { gateway, us, eu } = await world()
    const { messages, error } = follow(gateway, 'subscription { events { sequence originRegion } }')
    const { publish, publishUntil } = publisher()
    await publishUntil(us, () => messages.length > 0)
    publish(us, 50)
    await expect.poll(() => messages.length).toBeGreaterThan(20)
    await us.kill()
    const last = publish(eu, 50)
    await expect.poll(() => sequences(messages).at(-1)).toBe(last)
    const first = sequences(messages)[0] ?? 0
    expect(sequences(messages)).toEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index))
    expect(at(messages.at(-1), 'data.events.originRegion')).not.toBe('us-east-1')
    expect(error()).toBeUndefined()
  })

  it('regionsChanged tells of a region that is lost', async () => {
    const { gateway, eu } = await world()
    const { messages } = follow(gateway, 'subscription { regionsChanged { id state } }')
    await expect.poll(() => messages.length).toBeGreaterThan(0)
    await eu.kill()
    await expect
      .poll(() => at(messages.at(-1), 'data.regionsChanged'), { timeout: 5_000 })
      .toContainEqual({ id: 'eu-west-1', state: 'UNREACHABLE' })
  })

  it('queries and errors travel over WebSocket too', async () => {
    const { gateway } = await world()
    const { messages } = follow(gateway, '{ product(id: "p1") { id } regions { id } }')
    await expect.poll(() => at(messages[0], 'data.product')).toEqual({ id: 'p1' })
    const wrong = follow(gateway, 'subscription { nothing }')
    await expect.poll(() => JSON.stringify(wrong.error())).toContain('Cannot query field')
    expect(wrong.messages).toEqual([])
  })

  it('a fault over WebSocket has its code, and the socket carries on', async () => {
    const { gateway } = await world()
    let closed = 0
    const on = { closed: () => closed++ }
    const options = { webSocketImpl: WebSocket, retryAttempts: 0, lazyCloseTimeout: 10_000, on }
    const client = createClient({ url: socketUrl(gateway), ...options })
    onTestFinished(() => client.terminate())
    const first = async (query: string) => (await client.iterate({ query }).next()).value
    for (const query of ['{ product(id: "p1") { nothing } }', 'subscription { nothing }']) {
      await expect(first(query)).rejects.toMatchObject([
        { message: expect.stringContaining('Cannot query field'), extensions: { code: 'BAD_USER_INPUT' } },
      ])
    }
    expect(await first('{ product(id: "p1") { id } regions { id } }')).toMatchObject({
      data: { product: { id: 'p1' } },
    })
    expect(closed).toBe(0)
  })

  it('a region that does not exist is named to who pins it over WebSocket', async () => {
    const { gateway } = await world()
    const connectionParams = { 'causeway-region': 'mars-1' }
    const client = createClient({
      url: socketUrl(gateway),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams,
    })
    onTestFinished(() => client.terminate())
    const { value } = await client.iterate({ query: 'subscription { events { id } }' }).next()
    expect(value).toMatchObject({
      errors: [
        { message: expect.stringMatching(/mars-1, which is no region/), extensions: { code: 'REGION_UNAVAILABLE' } },
      ],
    })
  })

  it('travel as server-sent events', async () => {
    const { gateway, us } = await world()
    const left = new AbortController()
    const query = encodeURIComponent('subscription { events { sequence } }')
    const response = await fetch(`${gateway.url}/graphql?query=${query}`, {
      headers: { accept: 'text/event-stream' },
      signal: left.signal,
    })
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    const seen: string[] = []
    const reader = (async () => {
      for await (const chunk of response.body ?? []) seen.push(Buffer.from(chunk).toString())
    })().catch(() => {})
    await publisher().publishUntil(us, () => seen.join('').includes('"sequence"'))
    expect(seen.join('')).toContain('event: next')
    left.abort()
    await reader
    await expect.poll(() => gatewaySubscriptions(gateway)).toBe(0)
  })

  it('a query as server-sent events is one next and one complete', async () => {
    const { gateway } = await world()
    const query = encodeURIComponent('{ product(id: "p1") { id } }')
    const response = await fetch(`${gateway.url}/graphql?query=${query}`, { headers: { accept: 'text/event-stream' } })
    expect(await response.text()).toMatch(/event: next\ndata: .*"p1".*\n\nevent: complete/)
  })
})
