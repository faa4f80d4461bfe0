// Who waits for what: whichever way round it is looked up, a device hears of all that concerns it and of nothing else.

import type { DocumentChange } from '@causeway/schema/commit/commit'
import { emptyCells, mainLocation } from '@causeway/schema/stock/row'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TouchingCommit, touchesOf } from './touches.ts'
import { keyOfWanted } from './wanted.ts'
import { WatchList } from './watch-list.ts'

const ids: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'))
const changed = fc.array(
  fc.record({ kind: fc.constantFrom('cart', 'order', 'product', 'contact'), id: fc.constantFrom('a', 'b', 'c', 'd') }),
  { maxLength: 12 },
)

function commitOf(documents: readonly { kind: string; id: string }[], skus: readonly string[]): TouchingCommit {
  const changes = documents.map(
    ({ kind, id }, index): DocumentChange => ({ kind, id, placement: 'everywhere', bytes: Uint8Array.of(index) }),
  )
  const row = { location: mainLocation, holder: 'eu-west-1', givenIn: 0, cells: emptyCells }
  const place = { origin: 'eu-west-1', firstSequence: 1, time: { wallMs: 1, counter: 0 }, events: [] }
  return { ...place, documents: changes, stock: skus.map((sku) => ({ ...row, sku })) }
}

describe('what a commit touches', () => {
  it('R4: is what the scopes of a device name or list, and nothing else', () => {
    fc.assert(
      fc.property(changed, ids, ids, ids, fc.boolean(), fc.boolean(), (documents, skus, carts, stock, all, own) => {
        const scope = {
          name: 's',
          carts,
          stock,
          orders: [],
          ...(all && { products: {} }),
          ...(own && { ordersOf: 'ada' }),
        }
        const touched = new WatchList([scope]).touchedBy(touchesOf(commitOf(documents, skus)))
        const isWaitedFor = ({ kind, id }: { kind: string; id: string }) =>
          (kind === 'cart' && carts.includes(id)) || (kind === 'product' && all) || (kind === 'order' && own)
        const expected = [
          ...documents.filter(isWaitedFor).map(keyOfWanted),
          ...skus.filter((sku) => stock.includes(sku)).map((sku) => `stock/${sku}`),
        ]
        expect(touched.map(keyOfWanted).sort()).toEqual([...new Set(expected)].sort())
      }),
    )
  })

  it('changes of one document stay in the order of the commit', () => {
    const { changes } = touchesOf(
      commitOf(
        ['a', 'b', 'a'].map((id) => ({ kind: 'cart', id })),
        [],
      ),
    )
    expect(changes.get('cart/a')).toEqual([Uint8Array.of(0), Uint8Array.of(2)])
  })
})
