import { decodeToken } from '@causeway/schema/clock/causal-token'
import { describe, expect, it } from 'vitest'
import { wallClock } from '../clock.ts'
import { ask, at, follow, world } from '../fixtures/world.testing.ts'
import { Fleet } from '../routing/fleet.ts'
import { watchRegions } from './cluster.ts'

describe('what the gateway says of the regions', () => {
  it('G3: carries a token that covers the frontiers it shows, asked for once or followed', async () => {
    const { gateway } = await world()
    const once = await ask(gateway, '{ regions { id frontier } }')
    expect(decodeToken(String(once.at('extensions.causeway.token')))).toEqual({ log: 1 })
    const followed = follow(gateway, 'subscription { regionsChanged { id frontier } }')
    await expect.poll(() => followed.messages.length).toBeGreaterThan(0)
    expect(decodeToken(String(at(followed.messages[0], 'extensions.causeway.token')))).toEqual({ log: 1 })
  })

  it('stops watching the regions when the listener leaves, also while nothing changes', async () => {
    const fleet = new Fleet([{ id: 'us-east-1', url: 'http://127.0.0.1:1' }], undefined, wallClock)
    const leaving = new AbortController()
    const views = watchRegions(fleet, leaving.signal)
    expect((await views.next()).value).toMatchObject([{ id: 'us-east-1' }])
    const next = views.next()
    leaving.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    await fleet.close()
  })
})
