// Documents that the device may change, many of them: few are open at a time, and each shows all that was done to it.

import { genesisHeads } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import type { Unit } from '@causeway/schema/documents/units/unit'
import { describe, expect, it } from 'vitest'
import { Layers, maximumOpen } from './owned.ts'

function unit(cart: string, number: number, base: readonly string[]): Unit {
  const time = { wallMs: 1_700_000_000_000 + number, counter: 0 }
  const patches = [{ map: 'lines', key: `sku-${number}`, value: { quantity: number } }]
  const id = `device-of-${cart}.${number}`.padEnd(16, 'x')
  return { id, kind: 'cart', documentId: cart, base, dependsOn: [], patches, time, region: 'eu-west-1' }
}

describe('documents that are kept open', () => {
  it('R7: a device that goes through many carts keeps few open, and each of them still shows every change in its order', () => {
    const layers = new Layers()
    const made = new Map<string, Unit[]>()
    const carts = Array.from({ length: maximumOpen + 6 }, (_, index) => `cart-${index}`)
    for (let number = 1; number <= 3; number += 1)
      for (const cart of carts) {
        const units = made.get(cart) ?? []
        const { heads } = layers.layer('cart', cart, null, units)
        units.push(unit(cart, number, heads))
        made.set(cart, units)
        expect(layers.count).toBeLessThanOrEqual(maximumOpen)
      }
    for (const cart of carts) {
      const { state, heads } = layers.layer('cart', cart, null, made.get(cart) ?? [])
      expect(cartKind.view(cart, state)?.lines.map(({ quantity }) => quantity)).toEqual([1, 2, 3])
      expect(heads).toHaveLength(1)
      expect(heads).not.toEqual(genesisHeads(cartKind))
    }
    expect(layers.count).toBe(maximumOpen)
    layers.close()
    expect(layers.count).toBe(0)
  })

  it('the one looked at least lately makes room: who keeps coming back to one cart does not open it anew', () => {
    const layers = new Layers()
    const first = layers.layer('cart', 'mine', null, [])
    for (let index = 0; index < maximumOpen * 2; index += 1) {
      layers.layer('cart', `other-${index}`, null, [])
      expect(layers.layer('cart', 'mine', null, [])).toBe(first)
    }
    layers.close()
  })
})
