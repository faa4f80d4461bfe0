// A member in bad faith that retires the others, where operators' keys are configured and where they are not.

import { generateSigningKey } from '@causeway/regions/crypto'
import { createOperators, operatorKeyOf, signOrder } from '@causeway/regions/recovery/operators'
import { retireRegion } from '@causeway/schema/fence/commands'
import { retiredEvent } from '@causeway/schema/fence/fence-log'
import type { RetireOrder, SignedOrder } from '@causeway/schema/fence/order'
import { describe, expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'
import { type Branch, beginning } from './liar.ts'

const { privateKeyPem } = generateSigningKey()
const stranger = generateSigningKey().privateKeyPem
const operators = createOperators({ cluster: 'shop', keys: [operatorKeyOf(privateKeyPem)], withoutOrder: [] })

const openWithKeys = (seed: number) => Honest.open(seed, undefined, () => operators)

function orderOf(honest: Honest, parts: Partial<RetireOrder>, key = privateKeyPem): SignedOrder {
  const signedMs = Math.floor(honest.cluster.time.now())
  const order = {
    ...{ id: 'ab'.repeat(16), cluster: 'shop', region: us, incarnation: 1, overrides: false, members: [ap, eu, us] },
    ...{ by: ap, signedMs, untilMs: signedMs + 600_000 },
  }
  return signOrder({ ...order, ...parts }, key)
}

interface Lie {
  readonly region: string
  readonly overrides: boolean
  readonly members?: readonly string[]
  readonly order?: SignedOrder
}

/** The liar tells it to everybody. */
function retire(honest: Honest, branch: Branch, ...lies: readonly Lie[]): Branch {
  const events = lies.map(({ region, overrides, members = [ap, eu, us], order }) => ({
    type: retiredEvent,
    entityId: region,
    data: {
      ...{ region, before: null, overrides, note: null, members, known: [region], hashes: {} },
      ...{
        targets: [overrides ? `${region}!` : region],
        held: {},
        ...(order !== undefined && { order: { ...order } }),
      },
    },
    placement: 'everywhere' as const,
  }))
  const [lie, after] = honest.liar.write(branch, { events })
  for (const peer of [eu, us]) honest.liar.tell(peer, lie.bytes)
  return after
}

const ends = (honest: Honest) => [eu, us].map((id) => honest.region(id).fencing().fences.open.length)
const left = (honest: Honest, id: string) =>
  honest
    .region(id)
    .fencing()
    .fences.decided.map(({ key }) => key)

describe('a member in bad faith retires all others', () => {
  it('C6 S7: and where no operators have keys, it is believed: they stop (0063)', async () => {
    const honest = await Honest.open(260)
    retire(honest, beginning, { region: eu, overrides: true }, { region: us, overrides: true })
    await honest.pass(5_000)
    await expect(honest.sell()).rejects.toThrow('is retired')
  })

  for (const [index, overrides] of [false, true].entries())
    it(`C6 S7: ${overrides ? 'with' : 'without'} overriding, and no operator has ordered it: it is quarantined, and all go on`, async () => {
      const honest = await openWithKeys(261 + index)
      const { cluster } = honest
      retire(honest, beginning, { region: eu, overrides }, { region: us, overrides })
      await honest.pass(5_000)
      for (const id of [eu, us]) {
        expect(honest.held(id)).toMatchObject([{ origin: ap, rule: 'S7', heldFor: 'quarantine' }])
        expect(honest.incidents(id)[0]?.detail).toContain('without an order of an operator')
        expect(honest.region(id).unready()).toBeNull()
      }
      expect(ends(honest)).toEqual([0, 0])
      await honest.trade()
      await honest.restart()
      await honest.pass(5_000)
      await honest.trade()
      // An operator who has a key takes the liar out of the same cluster.
      const order = orderOf(honest, { region: ap, by: eu })
      await honest.ask(eu, retireRegion, { region: ap, order: JSON.stringify(order) })
      const isOut = () => left(honest, eu).includes(ap) && left(honest, us).includes(ap)
      await cluster.time.runUntil('the liar has left', isOut, 60_000)
      await honest.trade()
    })
})

describe('a member in bad faith that has seen an order', () => {
  const lies: readonly { words: string; lie: (honest: Honest) => Lie; reason: string }[] = [
    {
      words: 'signs it itself',
      lie: (honest) => ({ region: us, overrides: false, order: orderOf(honest, {}, stranger) }),
      reason: 'a key that is not known here',
    },
    {
      words: 'names another region in it',
      lie: (honest) => ({ region: eu, overrides: false, order: { ...orderOf(honest, {}), region: eu } }),
      reason: 'something else than was signed',
    },
    {
      words: 'retires another region by it',
      lie: (honest) => ({ region: eu, overrides: false, order: orderOf(honest, {}) }),
      reason: 'is to retire us-east-1, not eu-west-1',
    },
    {
      words: 'overrides',
      lie: (honest) => ({ region: us, overrides: true, order: orderOf(honest, {}) }),
      reason: 'does not say that it overrides',
    },
    {
      words: 'lets nobody decide it but itself',
      lie: (honest) => ({ region: us, overrides: false, members: [ap], order: orderOf(honest, {}) }),
      reason: 'is to be decided by ap-south-1, eu-west-1, us-east-1, and not by ap-south-1',
    },
    {
      words: 'takes up what another region was to take up and inherit',
      lie: (honest) => ({ region: us, overrides: false, order: orderOf(honest, { by: eu }) }),
      reason: 'is for eu-west-1 to take up, not for ap-south-1',
    },
    {
      words: 'takes it up when it is over',
      lie: (honest) => ({ region: us, overrides: false, order: orderOf(honest, { signedMs: 1, untilMs: 2 }) }),
      reason: 'held until',
    },
    {
      words: 'takes it from another cluster',
      lie: (honest) => ({ region: us, overrides: false, order: orderOf(honest, { cluster: 'staging' }) }),
      reason: 'is for the cluster staging',
    },
  ]
  for (const [index, { words, lie, reason }] of lies.entries())
    it(`C6 S7: and ${words} is quarantined`, async () => {
      const honest = await openWithKeys(270 + index)
      retire(honest, beginning, lie(honest))
      await honest.pass(5_000)
      for (const id of [eu, us]) expect(honest.incidents(id)[0]?.detail).toContain(reason)
      expect(ends(honest)).toEqual([0, 0])
      await honest.trade()
    })

  it('C6 S7: and takes it up after the region has come back under another incarnation is quarantined', async () => {
    const honest = await openWithKeys(280)
    const { cluster, liar } = honest
    const order = orderOf(honest, {})
    await honest.restore(us)
    await honest.trade()
    const { head } = cluster.database(eu)
    const clock = { [`${us}@2`]: head.frontier[`${us}@2`] ?? 0 }
    const hash = head.chainHashes[`${us}@2`]
    if (hash === undefined) throw new Error('eu holds nothing of us@2')
    const data = {
      ...{ region: us, before: null, overrides: false, note: null, members: [ap, eu, us], known: [us], hashes: {} },
      ...{ targets: [us], held: {}, order: { ...order } },
    }
    const event = { type: retiredEvent, entityId: us, data, placement: 'everywhere' as const }
    const [lie] = liar.write(beginning, { clock, events: [event] }, { [`${us}@2`]: hash })
    for (const peer of [eu, us]) liar.tell(peer, lie.bytes)
    await honest.pass(5_000)
    expect(
      honest
        .incidents(eu)
        .map(({ detail }) => detail)
        .join(),
    ).toContain('has begun anew as number 2')
    await honest.trade()
  })
})

describe('a member in bad faith that ends what it wrote itself', () => {
  it('C6 S7 W8: and asks nobody else how far they hold it is refused, and nobody stands apart', async () => {
    const honest = await openWithKeys(285)
    const { liar } = honest
    const [one, after] = liar.write(beginning, {})
    const [two] = liar.write(after, {})
    liar.tell(us, one.bytes)
    liar.tell(eu, one.bytes, two.bytes)
    await honest.pass(100)
    const data = {
      ...{ region: ap, before: 2, overrides: false, note: null, members: [ap], known: [ap], hashes: {} },
      ...{ targets: [`${ap}@2`], held: {} },
    }
    const event = { type: retiredEvent, entityId: ap, data, placement: 'everywhere' as const }
    const [lie] = liar.write(beginning, { origin: `${ap}@2`, events: [event] })
    for (const peer of [eu, us]) liar.tell(peer, lie.bytes)
    await honest.pass(5_000)
    for (const id of [eu, us]) expect(honest.incidents(id)[0]?.detail).toContain('lets eu-west-1 not decide')
    await honest.trade()
  })
})

describe('operators whose keys not every region knows yet', () => {
  it('C6 C7: their retire waits where it is not known, and goes on once the node is started with the key', async () => {
    const honest = await Honest.open(290, undefined, (region) =>
      region === eu
        ? operators
        : createOperators({ cluster: 'shop', keys: [operatorKeyOf(stranger)], withoutOrder: [] }),
    )
    const { cluster } = honest
    const order = orderOf(honest, { region: ap, by: eu })
    await honest.ask(eu, retireRegion, { region: ap, order: JSON.stringify(order) })
    await honest.pass(5_000)
    expect(
      honest
        .incidents(us)
        .map(({ detail }) => detail)
        .join(),
    ).toContain('add it to operatorKeys')
    expect(left(honest, eu)).toEqual([])
    honest.operatorsOf = () => operators
    await honest.restart()
    const isOut = () => left(honest, eu).includes(ap) && left(honest, us).includes(ap)
    await cluster.time.runUntil('the liar has left', isOut, 60_000)
    await honest.trade()
    expect(honest.held(us)).toEqual([])
  })
})
