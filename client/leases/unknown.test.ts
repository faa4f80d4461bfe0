// A till whose lease went with the disk of the region that lent it: no region knows it, and the app is told.

import { expect, it } from 'vitest'
import { maximumUnknown } from './sending.ts'
import { lent, openTill, saleOf } from './till.testing.ts'

const unknown = { userErrors: [{ code: 'NOT_FOUND', message: 'not known here yet', field: ['leases', '0', 'id'] }] }

it('S6, R2: an order from a lease that no region knows is told so after a bounded while, and holds up nothing else', async () => {
  const asked: string[] = []
  let isLost = true
  const client = await openTill((name, input) => {
    if (name === 'leaseStock') return lent(input)
    asked.push(String(input.id))
    if (!('leases' in input)) return {}
    if (!isLost) return unknown
    isLost = false
    return null
  })
  await client.lease({ sku: 'mug', quantity: 5, minutes: 60 })
  const [first, second] = [
    await client.placeOrder(saleOf('first', 'mug')),
    await client.placeOrder(saleOf('second', 'mug')),
  ]
  const other = await client.placeOrder(saleOf('other', 'cup'))
  expect((await other.outcome).status).toBe('accepted')
  expect(first.state).not.toBe('settled')
  const told = { status: 'refused', code: 'LEASE_UNKNOWN', message: expect.stringContaining('No region knows lease') }
  expect(await first.outcome).toMatchObject(told)
  expect(await second.outcome).toMatchObject(told)
  expect(asked.filter((id) => id === 'first')).toHaveLength(maximumUnknown + 1)
  // It is known by then.
  expect(asked.filter((id) => id === 'second')).toHaveLength(1)
  await expect.poll(() => client.leases()).toEqual([])
  await client.close()
})
