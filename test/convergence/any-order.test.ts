// The promise that everything else stands on: the same commits, in whatever causal order and batches they arrive, leave the
// same documents, indexes, stock rows, outcomes, conflict log and digest. Run on what a node runs, on the memory store.

import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { updateCart } from '@causeway/schema/documents/cart/commands'
import type { CommandDefinition } from '@causeway/schema/documents/command'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { members, Replica } from './replica.testing.ts'

/** Thousands, and others each time: `ORDERS=5000 npx vitest run test/convergence`. */
const orders = Number(process.env.ORDERS ?? 300)
/** So few are always the same: that they hold conflicts of every kind is known, not likely. */
const seed = process.env.ORDERS === undefined ? { seed: 42 } : {}
const ordersPerHistory = 10
vi.setConfig({ testTimeout: 600_000 })

const wish = fc.record({
  at: fc.nat({ max: 2 }),
  what: fc.nat({ max: 9 }),
  which: fc.nat({ max: 3 }),
  much: fc.nat({ max: 5 }),
})
const delivery = fc.record({ to: fc.nat({ max: 2 }), most: fc.integer({ min: 1, max: 8 }) })
const step = fc.oneof({ weight: 3, arbitrary: wish }, { weight: 2, arbitrary: delivery })
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** What staff of a region do; some of it is refused, which is as well. */
function commandOf({
  what,
  which,
  much,
}: Exclude<Step, { to: number }>): readonly [CommandDefinition<unknown>, unknown] {
  const of = <Input>(definition: CommandDefinition<Input>, input: unknown) =>
    [definition as CommandDefinition<unknown>, input] as const
  const id = `product-${which % 2}`
  const order = `order-${which}`
  const price = { amount: `${much + 1}.00`, currencyCode: 'GBP' }
  switch (what) {
    case 0:
      return of(upsertProduct, { id, title: `title ${much}`, variants: [{ sku: `sku-${which % 2}`, price }] })
    case 1:
      return of(upsertProduct, { id, title: `title ${much}`, tags: much % 2 === 0 ? [] : [`tag ${which}`, 'sale'] })
    case 2:
      return of(upsertProduct, { id, description: `words ${much}`, variants: [{ sku: `other-${much}`, price }] })
    case 3:
      return of(updateCart, { id: 'cart-1', lines: [{ sku: `sku-${which % 2}`, quantity: much }] })
    case 4:
      return of(shipOrder, { id: order })
    case 5:
      return of(cancelOrder, { id: order })
    case 6:
      return of(returnOrderLines, { id: order, lines: [{ lineId: '1', quantity: 1 }] })
    case 7:
      return of(receiveStock, { sku: `sku-${which % 2}`, quantity: much + 5 })
    default:
      return of(placeOrder, { id: order, lines: [{ id: '1', sku: 'sku-0', quantity: 1 + (much % 2) }] })
  }
}

/** Three regions live through the steps; what each has written, in an order that respects causes. */
async function live(steps: readonly Step[]): Promise<readonly SealedCommit[]> {
  let now = 1_764_000_000_000
  const replicas = members.map((region) => new Replica(region, () => ++now))
  const log: SealedCommit[] = []
  const gather = (replica: Replica) => {
    const { origin } = replica.database.head
    const known = log.filter((commit) => commit.origin === origin).length
    const own = replica.database.commits.filter(({ commit }) => commit.origin === origin)
    log.push(...own.slice(known).map(({ commit }) => commit))
  }
  const deliver = async (replica: Replica, most: number) => {
    for (let count = 0; count < most; count += 1) {
      const next = log.find((commit) => replica.isReady(commit))
      if (next === undefined) return
      await replica.apply([next])
    }
  }
  const [first] = replicas as [Replica]
  for (const which of [0, 1]) await first.run(...commandOf({ at: 0, what: 0, which, much: 1 }), null)
  await first.run(...commandOf({ at: 0, what: 7, which: 0, much: 9 }), null)
  gather(first)
  for (const replica of replicas) await deliver(replica, Number.POSITIVE_INFINITY)
  for (const [index, one] of steps.entries()) {
    const replica = replicas['to' in one ? one.to : one.at] as Replica
    if ('to' in one) await deliver(replica, one.most)
    else await replica.run(...commandOf(one), index % 3 === 0 ? `key ${one.what} ${one.which} ${one.much}` : null)
    gather(replica)
  }
  return log
}

async function arrive(log: readonly SealedCommit[], choices: readonly number[]): Promise<Replica> {
  const replica = new Replica('zz', () => 1_764_000_100_000)
  const open = [...log]
  for (let turn = 0; open.length > 0; turn += 1) {
    const batch: SealedCommit[] = []
    const size = 1 + ((choices[turn % choices.length] ?? 0) % 4)
    let frontier = replica.database.head.frontier
    for (let index = 0; index < size && open.length > 0; index += 1) {
      const ready = open.filter(({ origin, firstSequence, clock }) => {
        if (firstSequence !== sequenceOf(frontier, origin) + 1) return false
        return Object.entries(clock).every(([each, sequence]) => sequenceOf(frontier, each) >= sequence)
      })
      const next = ready[(choices[(turn + index) % choices.length] ?? 0) % ready.length]
      if (next === undefined) throw new Error('no commit is ready')
      open.splice(open.indexOf(next), 1)
      batch.push(next)
      frontier = { ...frontier, [next.origin]: next.lastSequence }
    }
    await replica.apply(batch)
  }
  return replica
}

describe('the same commits in any causal order', () => {
  it('C3 M1: leave the same documents, indexes, stock, outcomes, conflict log and digest', async () => {
    let conflicts = 0
    const kinds = new Set<string>()
    const ways = fc.array(fc.array(fc.nat({ max: 23 }), { minLength: 5, maxLength: 17 }), {
      minLength: ordersPerHistory,
      maxLength: ordersPerHistory,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 45 }), ways, async (steps, chosen) => {
        const log = await live(steps)
        const [first, ...others] = chosen as [number[], ...number[][]]
        const expected = await (await arrive(log, first)).holds()
        for (const way of others) expect(await (await arrive(log, way)).holds()).toEqual(expected)
        for (const pairs of expected.conflicts.values()) conflicts += pairs.length
        for (const [pair] of expected.conflicts.values())
          if (pair !== undefined) kinds.add(`${pair.kind} ${pair.policy}`)
      }),
      { numRuns: Math.ceil(orders / ordersPerHistory), ...seed },
    )
    // Were nothing ever written at the same time, equal logs would prove nothing.
    expect(conflicts).toBeGreaterThan(orders / ordersPerHistory)
    for (const kind of ['product last-writer', 'product add-wins', 'order earliest-claim', 'order shipment-stands'])
      expect(kinds).toContain(kind)
  })
})
