import { decodeToken } from '@causeway/schema/clock/causal-token'
import { describe, expect, it } from 'vitest'
import { ask, at, follow, world } from '../fixtures/world.testing.ts'

describe('what the gateway says of the regions', () => {
  it('G3: carries a token that covers the frontiers it shows, asked for once or followed', async () => {
    const { gateway } = await world()
    const once = await ask(gateway, '{ regions { id frontier } }')
    expect(decodeToken(String(once.at('extensions.causeway.token')))).toEqual({ log: 1 })
    const followed = follow(gateway, 'subscription { regionsChanged { id frontier } }')
    await expect.poll(() => followed.messages.length).toBeGreaterThan(0)
    expect(decodeToken(String(at(followed.messages[0], 'extensions.causeway.token')))).toEqual({ log: 1 })
  })
})
