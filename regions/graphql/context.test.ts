// What one operation reads, while others write: one moment, and the token of just that moment.

import { covers } from '@causeway/schema/clock/version-vector'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ports, type ServedCluster, serveCluster } from '../http/cluster.testing.ts'
import { sell, stockMug } from '../http/shop.testing.ts'
import { RequestContext } from './context.ts'
import { readRequest } from './request.ts'

const us = 'us-east-1'
let cluster: ServedCluster
let sold = 0

beforeAll(async () => {
  cluster = await serveCluster([us])
  await stockMug(cluster.at(us), 100, 'mug')
})
afterAll(() => cluster.stop())

function begin(): RequestContext {
  const { region } = cluster.at(us)
  const principal = { subject: 'test', roles: ['operator' as const], region: null }
  const options = readRequest(() => undefined, region, ports.clock.now())
  return new RequestContext({ region, ports, principal, options, onCommand: () => {}, onRead: () => {} })
}

async function sellOne(): Promise<string> {
  sold += 1
  await sell(cluster.at(us), `order-${sold}`, 'mug')
  return `order-${sold}`
}

describe('what an operation reads', () => {
  it('Q1: what was written after it began, and shows in its answer, is covered by its token', async () => {
    const context = begin()
    const id = await sellOne()
    const order = await context.settling(() => context.loaders.document(orderKind, id))
    expect(order?.id).toBe(id)
    expect(context.reflects).toEqual(cluster.at(us).region.frontier())
  })

  it('Q1: what it reads later is of the same moment, and the token covers nothing that it does not show', async () => {
    const context = begin()
    await context.settling(async () => {
      const before = await context.loaders.stock('mug')
      const moment = cluster.at(us).region.frontier()
      const id = await sellOne()
      expect(await context.loaders.document(orderKind, id)).toBeUndefined()
      expect(
        await context.view.load({ documents: [], ids: [], aliases: [], skus: ['mug'], keys: [], bytes: [] }),
      ).toMatchObject({
        stock: before,
      })
      expect((await context.view.moment).frontier).toEqual(moment)
    })
    expect(covers(context.reflects, cluster.at(us).region.frontier())).toBe(false)
  })

  it('W2: after its own write it reads anew', async () => {
    const context = begin()
    await context.settling(async () => {
      await context.loaders.stock('mug')
      const id = await sellOne()
      context.wrote(cluster.at(us).region.frontier())
      expect((await context.loaders.document(orderKind, id))?.id).toBe(id)
    })
    expect(() => context.view).toThrow('answered')
  })
})
