// A gateway dies with what is under way there, and another process opens in its place: what callers carry is all that they need.

import { describe, expect, it } from 'vitest'
import { VirtualGateway } from './callers/gateway.ts'
import { Shopper } from './callers/shopper.ts'
import { Told } from './callers/told.ts'
import { levelIn, order, shop } from './fences/shop.ts'
import { converged, eu, members, us } from './steps.ts'

describe('a gateway that is killed', () => {
  for (const afterMs of [1, 15, 30, 60]) {
    it(`G4 I1 Q1: a session goes on by its token in the one that opens in its place, and what was asked has one outcome (${afterMs} ms)`, async () => {
      const cluster = await shop(81)
      const faults: unknown[] = []
      const report = (fault: unknown) => void faults.push(fault)
      const gateways = [us, eu].map(
        (own, index) => new VirtualGateway({ id: `gateway-${index}`, cluster, own, report, onAnswer: () => {} }),
      )
      const told = new Told()
      const { time, trace } = cluster
      const [first] = gateways
      if (first === undefined) throw new Error('there is no gateway')
      const callerAt = (name: string, reached: readonly VirtualGateway[]) =>
        new Shopper({ name, gateways: reached, time, trace, told, report, random: cluster.random.fork(name) })
      const isAnswered = () => told.open === 0
      const loyal = callerAt('loyal', [first])
      void loyal.ask({ name: 'placeOrder', input: order('first', 2), key: null })
      await time.runUntil('the first order is placed', isAnswered, 20_000)
      loyal.knows('first')
      void loyal.ask({ name: 'placeOrder', input: order('second', 3), key: 'second' })
      void callerAt('roaming', gateways).ask({
        name: 'receiveStock',
        input: { sku: 'mug-sku', quantity: 7 },
        key: 'receipt',
      })
      await time.runFor(afterMs)
      first.die(500)
      await time.runUntil('all is answered', isAnswered, 60_000)
      loyal.knows('second')
      const reads = Promise.all([loyal.read('first'), loyal.read('second')])
      let isRead = false
      void reads.then(() => {
        isRead = true
      })
      await time.runUntil('the session has read', () => isRead, 60_000)
      for (const gateway of gateways) gateway.close()
      await time.runFor(10_000)
      await converged(cluster)
      expect(faults).toEqual([])
      expect(told.asked.map(({ answer }) => answer?.status)).toEqual(['accepted', 'accepted', 'accepted'])
      for (const id of members) expect(levelIn(cluster, id)).toMatchObject({ available: 92, reserved: 5, onHand: 97 })
    })
  }
})
