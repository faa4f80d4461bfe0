import { encodeToken } from '@causeway/schema/clock/causal-token'
import { expect, it } from 'vitest'
import type { RequestContext } from '../context.ts'
import { orderChanges } from './order-stream.ts'

it('G3: of an order that a token covers it is not said that there is none before what the token covers has come, or has had its time', async () => {
  const steps: string[] = []
  const region = {
    lostOf: () => null,
    frontier: () => ({}),
    reach: async (token: object) => {
      steps.push(`waits for ${JSON.stringify(token)}`)
      await new Promise((resolve) => setImmediate(resolve))
      return false
    },
  }
  const loaders = {
    stored: async () => {
      steps.push('looks for the order')
      return undefined
    },
  }
  const context = { region, loaders, ports: { clock: { now: () => 0 } } } as unknown as RequestContext
  const changes = orderChanges({ id: 'o1', after: encodeToken({ us: 7 }) }, context)
  await expect(changes).rejects.toMatchObject({ extensions: { code: 'NOT_FOUND' } })
  expect(steps).toEqual(['waits for {"us":7}', 'looks for the order'])
})
