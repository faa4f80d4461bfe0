import { describe, expect, it } from 'vitest'
import { updateCart } from './cart/commands.ts'
import { cartKind } from './cart/kind.ts'
import type { Decision, Principal } from './command.ts'
import { contactKind } from './contact/kind.ts'
import { upsertCustomer } from './customer/commands.ts'
import { customerKind } from './customer/kind.ts'
import { isCallerId, readId } from './ids.ts'
import { placeOrder } from './order/place.ts'
import { idInUse } from './parsing.ts'
import { upsertProduct } from './product/commands.ts'
import { productKind } from './product/kind.ts'
import { SmallCluster } from './testing/small-cluster.ts'
import type { SmallRegion } from './testing/small-region.ts'

const shopper: Principal = { subject: 'c1', roles: ['customer'], region: null }
const price = { amount: '2.50', currencyCode: 'GBP' }

function eu(): SmallRegion {
  return new SmallCluster(['mug', 'hat']).region('eu')
}

function codesOf(decision: Decision): readonly (readonly unknown[])[] {
  return decision.status === 'accepted' ? [] : decision.errors.map(({ code, field }) => [code, field?.join('.')])
}

describe('a product', () => {
  it('needs a title and a variant, and merges variants by SKU', () => {
    const region = eu()
    expect(codesOf(region.run(upsertProduct, { id: 'p2' }))).toEqual([
      ['INVALID', 'title'],
      ['INVALID', 'variants'],
    ])
    region.run(upsertProduct, { id: 'p2', title: 'Cup', tags: ['a', 'b'], variants: [{ sku: 'cup', price }] })
    region.run(upsertProduct, {
      id: 'p2',
      description: 'holds tea',
      tags: ['b', 'c'],
      variants: [{ sku: 'big-cup', title: 'Big cup', price }],
    })
    expect(region.view(productKind, 'p2')).toMatchObject({
      title: 'Cup',
      description: 'holds tea',
      tags: ['b', 'c'],
      variants: [
        { sku: 'big-cup', title: 'Big cup' },
        { sku: 'cup', title: 'Cup', price: { minor: 250 } },
      ],
      archived: false,
    })
    expect(codesOf(region.run(upsertProduct, { id: 'p2', removeVariants: ['cup', 'big-cup'] }))).toEqual([
      ['INVALID', 'variants'],
    ])
  })

  it('a variant keeps its price where none is given, and a new one needs one', () => {
    const region = eu()
    region.run(upsertProduct, { id: 'p2', title: 'Cup', variants: [{ sku: 'cup', price }] })
    region.run(upsertProduct, { id: 'p2', variants: [{ sku: 'cup', title: 'Tea cup' }] })
    expect(region.view(productKind, 'p2')).toMatchObject({ variants: [{ title: 'Tea cup', price: { minor: 250 } }] })
    expect(codesOf(region.run(upsertProduct, { id: 'p2', variants: [{ sku: 'jar' }] }))).toEqual([
      ['INVALID', 'variants.0.price'],
    ])
  })

  it('cannot take the id of something else, and is told of what', () => {
    const region = eu()
    region.run(upsertCustomer, { id: 'x1' })
    region.run(updateCart, { id: 'x2', lines: [] })
    const told = (id: string) => {
      const decision = region.run(upsertProduct, { id, title: 'Cup', variants: [{ sku: 'cup', price }] })
      return decision.status === 'refused' ? decision.errors[0]?.message : undefined
    }
    expect(['x1', 'x2'].map(told)).toEqual([
      'The id is in use by a customer: choose another one.',
      'The id is in use by a cart: choose another one.',
    ])
    expect(idInUse('order')).toBe('The id is in use by an order: choose another one.')
  })

  it('cannot take the SKU of another one', () => {
    const input = { id: 'p2', title: 'Cup', variants: [{ sku: 'mug', price }] }
    expect(codesOf(eu().run(upsertProduct, input))).toEqual([['INVALID', 'variants.0.sku']])
  })

  it('keeps the time of its claim to a SKU when the price changes', () => {
    const region = eu()
    region.run(upsertProduct, { id: 'p2', title: 'Cup', variants: [{ sku: 'cup', price }] }, { wallMs: 10 })
    const claim = region.view(productKind, 'p2')?.variants[0]?.claim
    region.run(
      upsertProduct,
      { id: 'p2', variants: [{ sku: 'cup', price: { ...price, amount: '3' } }] },
      { wallMs: 99 },
    )
    const product = region.view(productKind, 'p2')
    expect(product?.variants[0]).toMatchObject({ claim, price: { minor: 300 } })
    expect(product?.updatedAt.wallMs).toBe(99)
  })

  it('is for staff', () => {
    expect(codesOf(eu().run(upsertProduct, { id: 'p1', title: 'x' }, { principal: shopper }))).toEqual([
      ['FORBIDDEN', undefined],
    ])
  })
})

describe('a customer', () => {
  const address = { id: 'home', lines: ['1 High St'], city: 'York', postalCode: 'YO1', countryCode: 'GB' }

  it('lives in the region that it was created in, and what is personal stays there', () => {
    const region = eu()
    const decision = region.run(upsertCustomer, { id: 'c1', name: 'Ada', tags: ['vip'], addresses: [address] })
    expect(region.view(customerKind, 'c1')).toMatchObject({ homeRegion: 'eu', erased: false })
    expect(region.view(contactKind, 'c1')).toMatchObject({
      name: 'Ada',
      email: null,
      tags: ['vip'],
      addresses: [address],
    })
    if (decision.status !== 'accepted') throw new Error('refused')
    const everywhere = JSON.stringify(decision.events.filter(({ placement }) => placement === 'everywhere'))
    expect(everywhere).not.toContain('Ada')
    expect(decision.documents.map(({ kind, placement }) => [kind, placement])).toEqual([
      ['customer', 'everywhere'],
      ['contact', 'home:eu'],
    ])
  })

  it('is changed in the home region alone', () => {
    const region = eu()
    expect(codesOf(region.run(upsertCustomer, { id: 'c1', homeRegion: 'us' }))).toEqual([
      ['RESIDENCY_VIOLATION', 'homeRegion'],
    ])
    expect(codesOf(region.run(upsertCustomer, { id: 'c1', homeRegion: 'mars' }))).toEqual([['INVALID', 'homeRegion']])
    region.run(upsertCustomer, { id: 'c1', name: 'Ada' })
    expect(codesOf(region.run(upsertCustomer, { id: 'c1', homeRegion: 'us' }))).toEqual([['INVALID', 'homeRegion']])
  })

  it('keeps what is left out and clears what is null', () => {
    const region = eu()
    region.run(upsertCustomer, { id: 'c1', name: 'Ada', email: 'ada@example.com', addresses: [address] })
    region.run(upsertCustomer, { id: 'c1', email: null, tags: [] })
    expect(region.view(contactKind, 'c1')).toMatchObject({ name: 'Ada', email: null, addresses: [address] })
    region.run(upsertCustomer, { id: 'c1', addresses: null })
    expect(region.view(contactKind, 'c1')?.addresses).toEqual([])
  })

  it('may change only their own data', () => {
    expect(eu().run(upsertCustomer, { id: 'c1', name: 'Ada' }, { principal: shopper }).status).toBe('accepted')
    expect(codesOf(eu().run(upsertCustomer, { id: 'c2' }, { principal: shopper }))).toEqual([['FORBIDDEN', undefined]])
  })
})

describe('a cart', () => {
  it('sets quantities, removes lines of quantity 0 and stays when it is empty', () => {
    const region = eu()
    const lines = [
      { sku: 'mug', quantity: 2 },
      { sku: 'hat', quantity: 1 },
    ]
    region.run(updateCart, { id: 'cart', customerId: 'c1', lines }, { principal: shopper })
    region.run(updateCart, { id: 'cart', lines: [{ sku: 'mug', quantity: 0 }] }, { principal: shopper })
    expect(region.view(cartKind, 'cart')).toMatchObject({ customerId: 'c1', lines: [{ sku: 'hat', quantity: 1 }] })
    region.run(updateCart, { id: 'cart', lines: [{ sku: 'hat', quantity: 0 }] })
    expect(region.view(cartKind, 'cart')).toMatchObject({ customerId: 'c1', lines: [] })
  })

  it('takes only known SKUs, and belongs to its customer', () => {
    const region = eu()
    expect(codesOf(region.run(updateCart, { id: 'cart', lines: [{ sku: 'nope', quantity: 1 }] }))).toEqual([
      ['NOT_FOUND', 'lines.0.sku'],
    ])
    region.run(updateCart, { id: 'cart', customerId: 'c2', lines: [] })
    const steal = { id: 'cart', customerId: 'c1', lines: [] }
    expect(codesOf(region.run(updateCart, steal, { principal: shopper }))).toEqual([['FORBIDDEN', undefined]])
  })
})

describe('a cart', () => {
  it('grows to 500 lines and no further, however few come at once, and can be made smaller', () => {
    const skus = Array.from({ length: 501 }, (_, n) => `sku-${n}`)
    const region = new SmallCluster(skus).region('eu')
    const put = (some: readonly string[], quantity = 1) =>
      region.run(updateCart, { id: 'k1', lines: some.map((sku) => ({ sku, quantity })) })
    for (const from of [0, 250]) expect(put(skus.slice(from, from + 250)).status).toBe('accepted')
    expect(codesOf(put(skus.slice(500)))).toEqual([['LIMIT_EXCEEDED', 'lines']])
    expect(put(skus.slice(0, 2), 3).status).toBe('accepted')
    expect(put(skus.slice(0, 1), 0).status).toBe('accepted')
    expect(put(skus.slice(500)).status).toBe('accepted')
  })
})

describe('a list that is too long, and a text', () => {
  it('are told how many there may be, in words of our own', () => {
    const tags = Array.from({ length: 501 }, (_, n) => `t${n}`)
    expect(upsertProduct.parse({ id: 'p1', tags })).toEqual({
      errors: [{ code: 'LIMIT_EXCEEDED', message: 'Give up to 500 of them.', field: ['tags'] }],
    })
    expect(upsertCustomer.parse({ id: 'c1', email: `${'a'.repeat(400)}@example.com` })).toMatchObject({
      errors: [{ code: 'INVALID', field: ['email'] }],
    })
    expect(
      placeOrder.parse({ id: 'o1', lines: [{ sku: 'mug', quantity: 1 }], placedAt: '9999-12-31T23:59:59Z' }),
    ).toEqual({
      errors: [
        { code: 'INVALID', message: 'Give an instant from 1970 on, and before the year 4199.', field: ['placedAt'] },
      ],
    })
    expect(upsertCustomer.parse({ id: 'c1', homeRegion: 'x'.repeat(65) })).toMatchObject({
      errors: [{ code: 'INVALID', message: 'This names no region: that has up to 64 characters.' }],
    })
  })
})

describe('ids', () => {
  it('never collide with the ids that the system makes', () => {
    for (const id of ['o1', '85123A', 'a_b.c:d~e-f', 'A'.repeat(128)]) expect(isCallerId(id)).toBe(true)
    for (const id of ['', '-a', 'a b', 'stock:mug', 'variant:mug', 'eu:7', 'eu-west-1@2:19', 'A'.repeat(129), 'ü'])
      expect(isCallerId(id)).toBe(false)
    expect(readId('stock:mug')).toEqual({ type: 'stock', sku: 'mug' })
    expect(readId('eu-west-1@2:19')).toEqual({ type: 'event', origin: 'eu-west-1@2', sequence: 19 })
    expect(readId('a b')).toBeNull()
  })
})
