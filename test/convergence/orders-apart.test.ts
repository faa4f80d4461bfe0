// Everything that is done to orders and stock, in three regions that hear of each other late, twice or not before one of them is
// retired: keys that are used again, for the same or for something else, gifts under way, lines of several SKUs, goods that come back
// in two places. What must be left is worked out from what callers asked and from the logs, never from rows or folds.

import { compareTimes } from '@causeway/schema/clock/hybrid-clock'
import type { KnownOutcome, Principal } from '@causeway/schema/documents/command'
import type { OrderFact } from '@causeway/schema/documents/order/facts'
import { orderKind } from '@causeway/schema/documents/order/kind'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { returnOrderLines } from '@causeway/schema/documents/order/return'
import { cancelOrder, deliverOrder, shipOrder } from '@causeway/schema/documents/order/transitions'
import { SmallCluster, threeRegions } from '@causeway/schema/documents/testing/small-cluster'
import { operator } from '@causeway/schema/documents/testing/small-region'
import { receiveStock, recordStockMovements } from '@causeway/schema/stock/commands'
import { giveRights } from '@causeway/schema/stock/give-rights'
import { stockLevel } from '@causeway/schema/stock/levels'
import { rightsOf } from '@causeway/schema/stock/row'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareFacts, type KnownFact, modelOrder } from '../simulation/checkers/order-model.ts'

const skus = ['mug', 'hat'] as const
const received = 60
const ada: Principal = { subject: 'ada', roles: ['customer'], region: null }

const place = fc.constantFrom(...threeRegions)
const sku = fc.constantFrom(...skus)
const line = fc.record({ sku, quantity: fc.integer({ min: 1, max: 4 }) })
const part = fc.record({
  lineId: fc.constantFrom('1', '2'),
  quantity: fc.integer({ min: 1, max: 3 }),
  restock: fc.boolean(),
})
const movement = fc.record({
  sku,
  kind: fc.constantFrom('RECEIPT', 'SALE', 'RETURN', 'WRITE_OFF'),
  quantity: fc.integer({ min: 1, max: 9 }),
})

const weighted = <Value>(weight: number, arbitrary: fc.Arbitrary<Value>) => ({ weight, arbitrary })
const act = fc.oneof(
  weighted(4, fc.record({ do: fc.constant('place' as const), lines: fc.array(line, { minLength: 1, maxLength: 2 }) })),
  weighted(3, fc.constant({ do: 'ship' as const })),
  weighted(1, fc.constant({ do: 'deliver order' as const })),
  weighted(2, fc.constant({ do: 'cancel' as const })),
  weighted(
    4,
    fc.record({
      do: fc.constant('return' as const),
      lines: fc.uniqueArray(part, { minLength: 1, maxLength: 2, selector: ({ lineId }) => lineId }),
      principal: fc.constantFrom(operator, operator, ada),
    }),
  ),
  weighted(
    3,
    fc.record({ do: fc.constant('move' as const), movements: fc.array(movement, { minLength: 1, maxLength: 3 }) }),
  ),
  weighted(1, fc.record({ do: fc.constant('receive' as const), sku, quantity: fc.integer({ min: 1, max: 9 }) })),
  weighted(2, fc.record({ do: fc.constant('give' as const), sku, units: fc.integer({ min: 1, max: 20 }) })),
  weighted(6, fc.constant({ do: 'bring' as const })),
  weighted(3, fc.constant({ do: 'bring all' as const })),
  weighted(3, fc.constant({ do: 'settle' as const })),
  weighted(1, fc.constant({ do: 'retire' as const })),
  weighted(2, fc.record({ do: fc.constant('inherit' as const), what: fc.constantFrom('stock', 'orders', 'keys') })),
)
const step = fc.record({
  act,
  at: place,
  to: place,
  order: fc.constantFrom('o1', 'o2'),
  wallMs: fc.nat(60),
  key: fc.option(fc.constantFrom('k1', 'k2', 'k3'), { freq: 2 }),
  resent: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function perform(
  cluster: SmallCluster,
  { act: next, at, to, order: id, wallMs, key, resent }: Step,
  count: number,
): void {
  const region = cluster.region(at)
  const staying = cluster.staying.map((each) => each.id)
  // Callers of one's own keys are apart from each other, as in a region.
  const call = { wallMs, ...(key !== null && { key, resent }) }
  switch (next.do) {
    case 'place':
      region.run(placeOrder, { id, customerId: 'ada', lines: next.lines }, call)
      return
    case 'ship':
      region.run(shipOrder, { id }, call)
      return
    case 'deliver order':
      region.run(deliverOrder, { id }, call)
      return
    case 'cancel':
      region.run(cancelOrder, { id }, call)
      return
    case 'return': {
      const { principal, lines } = next
      const own = key === null ? call : { ...call, key: `${principal.subject}:${key}` }
      region.run(returnOrderLines, { id, lines }, { ...own, principal })
      return
    }
    case 'move': {
      const movements = next.movements.map((each, index) => ({ id: `m${index}`, ...each }))
      region.run(recordStockMovements, { movements }, { ...call, key: key ?? `own-${count}` })
      return
    }
    case 'receive':
      region.run(receiveStock, { sku: next.sku, quantity: next.quantity }, { ...call, key: key ?? `own-${count}` })
      return
    case 'give':
      if (at !== to && staying.includes(at) && staying.includes(to))
        region.run(giveRights, { requestId: `given-${count}`, to, items: [{ sku: next.sku, units: next.units }] })
      return
    case 'bring':
      cluster.deliver(at, to)
      return
    case 'bring all':
      while (cluster.deliver(at, to));
      return
    case 'settle':
      region.settle()
      return
    case 'retire':
      if (at !== to && staying.length === threeRegions.length) cluster.retire(at, to)
      return
    case 'inherit':
      cluster.inherit(next.what)
  }
}

/** I2: of a list more taken beats less, and anything else is as one that took one; then the lower time and origin. */
function standingOf(outcomes: readonly KnownOutcome[]): KnownOutcome | undefined {
  const taken = ({ result }: KnownOutcome) => (typeof result.taken === 'number' ? result.taken : 1)
  return [...outcomes].sort(
    (left, right) =>
      taken(right) - taken(left) || compareTimes(left.time, right.time) || (left.origin < right.origin ? -1 : 1),
  )[0]
}

function unitsOf({ command, inputDigest, result }: KnownOutcome): readonly { sku: string; units: number }[] {
  const input = JSON.parse(inputDigest)
  if (command === 'receiveStock') return [{ sku: input.sku, units: input.quantity }]
  if (command !== 'recordStockMovements') return []
  const rejected = new Set((result.rejected as { id: string }[]).map(({ id }) => id))
  return (input.movements as { id: string; sku: string; kind: string; quantity: number }[])
    .filter(({ id }) => !rejected.has(id))
    .map(({ sku, kind, quantity }) => ({ sku, units: kind === 'RECEIPT' || kind === 'RETURN' ? quantity : -quantity }))
}

/** Of each SKU what is held for orders that wait, and what is in the house beside. */
function expectedOf(cluster: SmallCluster): ReadonlyMap<string, { held: number; left: number }> {
  const facts = new Map<string, KnownFact[]>()
  const outcomes = new Map<string, KnownOutcome[]>()
  for (const { events, time, origin, outcomes: told } of cluster.logs) {
    for (const { type, entityId, data } of events)
      if (type.startsWith('order.'))
        facts.set(entityId, [
          ...(facts.get(entityId) ?? []),
          { fact: data as unknown as OrderFact, time, region: origin },
        ])
    for (const outcome of told)
      if (!outcome.key.startsWith(':')) outcomes.set(outcome.key, [...(outcomes.get(outcome.key) ?? []), outcome])
  }
  const expected = new Map<string, { held: number; left: number }>(skus.map((each) => [each, { held: 0, left: 0 }]))
  const of = (each: string) => expected.get(each) ?? { held: 0, left: 0 }
  for (const list of outcomes.values()) {
    const standing = standingOf(list)
    for (const { sku: each, units } of standing === undefined ? [] : unitsOf(standing)) of(each).left += units
  }
  for (const list of facts.values()) {
    const model = modelOrder(list.sort(compareFacts))
    for (const [each, units] of model?.taken ?? []) of(each).left -= units
    for (const [each, units] of model?.held ?? []) of(each).held += units
  }
  return expected
}

it('S1 S2 S3 S5 S7 S8 I2 I4: whatever three regions do to orders and stock apart, every unit is accounted for once all is heard', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), (steps) => {
      const cluster = new SmallCluster(skus)
      for (const region of cluster.regions)
        region.seed({ kind: 'customer', id: 'ada', edits: [{ map: 'fields', key: 'homeRegion', value: 'eu' }] })
      for (const each of skus)
        cluster.region('eu').run(receiveStock, { sku: each, quantity: received }, { key: `receipt-${each}`, wallMs: 0 })
      cluster.deliverAll()
      steps.forEach((each, count) => {
        perform(cluster, each, count)
        cluster.check()
      })
      for (const part of ['stock', 'orders', 'keys'] as const) cluster.inherit(part)
      cluster.quiesce()
      const expected = expectedOf(cluster)
      const hasDebt = cluster.staying.some(({ duties }) => duties.length > 0)
      const [first] = cluster.staying
      for (const region of cluster.staying) {
        for (const id of ['o1', 'o2']) expect(region.view(orderKind, id)).toEqual(first?.view(orderKind, id))
        for (const each of skus) {
          const rows = region.stock(each)
          const { reserved, available } = stockLevel(rows)
          expect(available).toBeGreaterThanOrEqual(0)
          if (hasDebt) continue
          expect({ held: reserved, left: available }).toEqual(expected.get(each))
          for (const row of rows)
            if (!cluster.staying.some(({ id }) => id === row.holder))
              expect([rightsOf(row), row.cells.sold - row.cells.released - row.cells.shipped]).toEqual([0, 0])
        }
      }
    }),
    { numRuns: Number(process.env.RUNS ?? 300), ...(process.env.SEED && { seed: Number(process.env.SEED) }) },
  )
})
