// A region is taken out of the cluster, as an operator does it: over real HTTP, with real nodes, the wires to it cut.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'

let cluster: ServedCluster | null = null
afterEach(async () => {
  await cluster?.stop()
  cluster = null
})

const members = ['ap', 'eu', 'us']

async function at(region: string, query: string, variables: object = {}, headers: Record<string, string> = {}) {
  if (cluster === null) throw new Error('no cluster')
  return await ask(cluster.at(region).server, query, variables, headers)
}

const product = `mutation { upsertProduct(input: { id: "p", title: "P",
  variants: [{ sku: "s", title: "S", price: { amount: "2.00", currencyCode: "GBP" } }] }) { userErrors { message } } }`
const receive = `mutation { receiveStock(input: { sku: "s", quantity: 90 }) { causalToken userErrors { message } } }`
const place = `mutation ($id: ID!, $quantity: Int!) { placeOrder(input: { id: $id, lines: [{ sku: "s", quantity: $quantity }] }) {
  causalToken userErrors { code message } } }`
const keyed = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { userErrors { code } } }`
const retire = `mutation ($region: ID!, $override: Boolean) { retireRegion(input: { region: $region, override: $override }) {
  region { id state reason } userErrors { code message } } }`
const stock = '{ stock(sku: "s") { available reserved onHand rights { region units } } regions { id state reason } }'

interface Level {
  readonly available: number
  readonly reserved: number
  readonly onHand: number
  readonly rights: readonly { readonly region: string; readonly units: number }[]
}

interface Placed {
  readonly placeOrder: { readonly causalToken: string }
}

interface Shown {
  readonly stock: Level
  readonly regions: readonly { readonly id: string; readonly state: string; readonly reason: string }[]
}

async function shown(region: string): Promise<Shown> {
  return (await at(region, stock)).data as unknown as Shown
}

const stateOf = async (asked: string, region: string) =>
  (await shown(asked)).regions.find(({ id }) => id === region)?.state

function until(isMet: () => Promise<boolean>): Promise<void> {
  return vi.waitFor(async () => expect(await isMet()).toBe(true), { timeout: 8_000, interval: 30 })
}

async function level(region: string): Promise<Level> {
  return (await shown(region)).stock
}

const unitsOf = ({ rights }: Level, region: string) => rights.find((one) => one.region === region)?.units ?? 0

async function openShop(): Promise<void> {
  cluster = await serveCluster(members)
  expect((await at('eu', product)).data).toMatchObject({ upsertProduct: { userErrors: [] } })
  expect((await at('eu', receive)).data).toMatchObject({ receiveStock: { userErrors: [] } })
  for (const region of members) await until(async () => (await level(region))?.onHand === 90)
}

describe('a region that is lost', () => {
  it('S7: is retired by the others, who sell what it could have sold; what it reserved stays reserved', async () => {
    await openShop()
    expect((await at('us', place, { id: 'o1', quantity: 4 })).data).toMatchObject({ placeOrder: { userErrors: [] } })
    await until(async () => (await level('eu')).reserved === 4)
    for (const other of ['ap', 'eu']) cluster?.cut('us', other)
    expect((await at('us', place, { id: 'beyond', quantity: 3 })).data).toMatchObject({
      placeOrder: { userErrors: [] },
    })
    expect((await at('eu', retire, { region: 'us' })).data).toMatchObject({
      retireRegion: { userErrors: [], region: { id: 'us' } },
    })
    for (const region of ['eu', 'ap']) {
      await until(async () => (await stateOf(region, 'us')) === 'RETIRED')
      await until(async () => unitsOf(await level(region), 'us') === 0)
      await until(async () => (await level(region)).available === 86)
      expect(await level(region)).toMatchObject({ reserved: 4, onHand: 90 })
    }
    expect(unitsOf(await level('eu'), 'eu')).toBe(56)
    expect((await at('eu', place, { id: 'o2', quantity: 56 })).data).toMatchObject({ placeOrder: { userErrors: [] } })
    const cancel = await at('ap', 'mutation { cancelOrder(input: { id: "o1" }) { userErrors { message } } }')
    expect(cancel.data).toMatchObject({ cancelOrder: { userErrors: [] } })
    await until(async () => (await level('eu')).available === 34)
    expect((await cluster?.at('eu').region.digest()) ?? '').toBe(await cluster?.at('ap').region.digest())
  })

  it('S7: two operators who retire it at once, in two regions, do it once', async () => {
    await openShop()
    for (const other of ['ap', 'eu']) cluster?.cut('us', other)
    const both = await Promise.all(['ap', 'eu'].map((region) => at(region, retire, { region: 'us' })))
    for (const { data } of both) expect(data).toMatchObject({ retireRegion: { userErrors: [] } })
    for (const region of ['eu', 'ap']) {
      await until(async () => (await stateOf(region, 'us')) === 'RETIRED')
      await until(async () => unitsOf(await level(region), 'us') === 0)
    }
    expect((await level('eu')).available).toBe(90)
    await until(async () => unitsOf(await level('ap'), 'ap') === unitsOf(await level('eu'), 'ap'))
    const { decided } = cluster?.at('eu').region.fencing().fences ?? { decided: [] }
    expect(decided.map(({ key }) => key)).toEqual(['us'])
  })

  it('S7: is not retired while another member cannot say what it holds; an operator may override', async () => {
    await openShop()
    for (const other of ['ap', 'us']) cluster?.cut('eu', other)
    expect((await at('eu', retire, { region: 'us' })).data).toMatchObject({ retireRegion: { userErrors: [] } })
    await until(async () => (await shown('eu')).regions.some(({ reason }) => reason.includes('waiting for ap')))
    expect(await stateOf('eu', 'us')).not.toBe('RETIRED')
    const plain = await at('eu', retire, { region: 'ap' })
    expect(plain.data).toMatchObject({ retireRegion: { region: null, userErrors: [{ code: 'INVALID' }] } })
    const overridden = await at('eu', retire, { region: 'ap', override: true })
    expect(overridden.data).toMatchObject({ retireRegion: { userErrors: [] } })
    for (const region of ['us', 'ap']) await until(async () => (await stateOf('eu', region)) === 'RETIRED')
    await until(async () => unitsOf(await level('eu'), 'eu') === 90)
  })

  it('S7: knows that it is retired when it is back, and writes no more; a token from there is lost; orders whose units are there come in again, the others are told', async () => {
    await openShop()
    for (const other of ['ap', 'eu']) cluster?.cut('us', other)
    const sold = (await at('us', place, { id: 'beyond', quantity: 3 })).data as unknown as Placed
    for (const order of [
      { id: 'too-many', quantity: 25 },
      { id: 'no-more', quantity: 1 },
    ])
      expect((await at('us', place, order)).data).toMatchObject({ placeOrder: { userErrors: [] } })
    const cancel = 'mutation { cancelOrder(input: { id: "no-more" }) { userErrors { message } } }'
    expect((await at('us', cancel)).data).toMatchObject({ cancelOrder: { userErrors: [] } })
    const { causalToken } = sold.placeOrder
    await at('eu', retire, { region: 'us' })
    for (const region of ['eu', 'ap']) await until(async () => (await stateOf(region, 'us')) === 'RETIRED')
    const session = { 'causeway-token': causalToken, 'causeway-consistency': 'session' }
    expect((await at('eu', '{ stock(sku: "s") { available } }', {}, session)).errors).toMatchObject([
      { extensions: { code: 'TOKEN_LOST' } },
    ])
    await until(async () => unitsOf(await level('eu'), 'us') === 0)
    expect((await at('eu', place, { id: 'meanwhile', quantity: 70 })).data).toMatchObject({
      placeOrder: { userErrors: [] },
    })
    for (const other of ['ap', 'eu']) cluster?.heal('us', other)
    const ready = `${cluster?.at('us').server.url}/health/ready`
    await until(async () => (await fetch(ready)).status === 503)
    expect((await at('us', place, { id: 'late', quantity: 1 })).errors).toMatchObject([
      { extensions: { code: 'REGION_UNAVAILABLE' }, message: expect.stringContaining('retired') },
    ])
    const incidents = '{ incidents(first: 9) { edges { node { kind entityIds detail } } } }'
    const told = async () => JSON.stringify((await at('eu', incidents)).data)
    await until(async () => (await told()).includes('too-many') && (await told()).includes('no-more'))
    expect((await at('eu', incidents)).data).toMatchObject({
      incidents: {
        edges: expect.arrayContaining([
          {
            node: {
              kind: 'salvage',
              entityIds: ['too-many'],
              detail: expect.stringMatching(/placed again: too-many \(\d+ units of s are missing\)/),
            },
          },
        ]),
      },
    })
    expect(await told()).not.toContain('"beyond"')
    const order = '{ order(id: "beyond") { region total { amount } lines { sku quantity } } }'
    for (const region of ['eu', 'ap'])
      await until(async () => JSON.stringify((await at(region, order)).data).includes('"region":"eu"'))
    expect((await at('ap', order)).data).toEqual({
      order: { region: 'eu', total: { amount: '6.00' }, lines: [{ sku: 's', quantity: 3 }] },
    })
    expect((await at('ap', incidents)).data).toEqual({ incidents: { edges: [] } })
  })

  it('I3, S7: an order that was refused elsewhere meanwhile stays refused when it is back; one that comes in again brings its answer', async () => {
    await openShop()
    for (const other of ['ap', 'eu']) cluster?.cut('us', other)
    const asked = (region: string, id: string, quantity: number, more: object, resent = false) =>
      at(
        region,
        keyed,
        { input: { id, lines: [{ sku: 's', quantity }], ...more } },
        resent ? { 'causeway-resent': '1' } : {},
      )
    const accepted = { data: { placeOrder: { userErrors: [] } } }
    const refused = (code: string) => ({ data: { placeOrder: { userErrors: [{ code }] } } })
    const refusedOne = { idempotencyKey: 'refused-key' }
    expect(await asked('us', 'refused', 3, refusedOne)).toMatchObject(accepted)
    expect(await asked('us', 'again', 2, { idempotencyKey: 'again-key' })).toMatchObject(accepted)
    await at('eu', retire, { region: 'us' })
    for (const region of ['eu', 'ap']) await until(async () => (await stateOf(region, 'us')) === 'RETIRED')
    await until(async () => unitsOf(await level('eu'), 'us') === 0)
    expect((await at('eu', place, { id: 'all', quantity: 90 })).data).toMatchObject({ placeOrder: { userErrors: [] } })
    await until(async () => (await level('ap')).available === 0)
    const told = async (region: string) => JSON.stringify(await asked(region, 'refused', 3, refusedOne, true))
    await until(async () => (await told('ap')).includes('OUT_OF_STOCK'))
    const cancel = 'mutation { cancelOrder(input: { id: "all" }) { userErrors { message } } }'
    expect((await at('eu', cancel)).data).toMatchObject({ cancelOrder: { userErrors: [] } })
    // What is placed again needs the units by then: nobody is left who could be asked for them.
    await until(async () => (await level('eu')).available === 90)
    for (const other of ['ap', 'eu']) cluster?.heal('us', other)
    const incidents = '{ incidents(first: 9) { edges { node { detail } } } }'
    await until(async () => /placed again: refused \(whoever/.test(JSON.stringify((await at('eu', incidents)).data)))
    const orders = '{ refused: order(id: "refused") { region } again: order(id: "again") { region } }'
    for (const region of ['eu', 'ap']) {
      await until(async () => JSON.stringify((await at(region, orders)).data).includes('"again":{"region":"eu"}'))
      expect((await at(region, orders)).data).toMatchObject({ refused: null })
      expect(await told(region)).toContain('OUT_OF_STOCK')
      const other = await asked(region, 'again', 1, { idempotencyKey: 'again-key' }, true)
      expect(other).toMatchObject(refused('IDEMPOTENCY_CONFLICT'))
      expect(await asked(region, 'again', 2, { idempotencyKey: 'again-key' }, true)).toMatchObject(accepted)
    }
  })

  it('S7: nobody but an operator retires it, no region retires itself, and there must be one', async () => {
    cluster = await serveCluster(['eu', 'us'])
    expect((await at('eu', retire, { region: 'eu' })).data).toMatchObject({
      retireRegion: { userErrors: [{ code: 'INVALID' }] },
    })
    expect((await at('eu', retire, { region: 'us' })).data).toMatchObject({
      retireRegion: { userErrors: [{ code: 'INVALID', message: expect.stringContaining('override') }] },
    })
    expect((await at('eu', retire, { region: 'mars' })).data).toMatchObject({
      retireRegion: { userErrors: [{ code: 'NOT_FOUND' }] },
    })
  })
})
