// A region that goes on alone with an old copy of its database: nobody is there to tell it that it has written more. Of the same
// identity it signs other commits under sequences that its peers know; recovered by Postgres it never does. What happens when it
// meets the others.

import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { placeOrder } from '@causeway/schema/documents/order/place'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import { ap, ask, converged, eu, members, product, short, us } from '../steps.ts'
import { accepted, leftIn, levelIn, order, rightsIn, shop } from './shop.ts'

describe('an old copy of a database that starts with no peer in reach', () => {
  for (const seed of [31, 32, 33]) {
    it(`W8 C6 S7: what it sold alone and what it had sold before both stand, under one log and a new one (seed ${seed})`, async () => {
      const cluster = await shop(seed)
      const copy = cluster.backUp(us)
      await accepted(ask(cluster, us, placeOrder, order('forgotten', 4)))
      await cluster.time.runFor(2_000)
      cluster.crash(us)
      cluster.disk(us).replace(copy)
      for (const other of [ap, eu]) cluster.network.cut(us, other)
      void cluster.start(us)
      await cluster.time.runUntil('us is back', () => cluster.region(us) !== undefined, 60_000)
      expect(cluster.region(us)?.origin).toBe(us)
      await accepted(ask(cluster, us, placeOrder, order('alone', 5)))
      await accepted(ask(cluster, us, placeOrder, order('alone-too', 1)))
      for (const other of [ap, eu]) cluster.network.heal(us, other)
      await cluster.time.runUntil('it begins anew', () => cluster.region(us)?.origin === `${us}@2`, 60_000)
      await cluster.time.runFor(20_000)
      await converged(cluster)
      await checkConverged(cluster)
      for (const id of members) {
        for (const name of ['forgotten', 'alone', 'alone-too'])
          expect([id, name, cluster.database(id).documents.has(`order/${name}`)]).toEqual([id, name, true])
      }
      for (const id of members) {
        expect(levelIn(cluster, id)).toMatchObject({ available: 80, reserved: 10, onHand: 90 })
        const told = [...cluster.database(id).incidents.values()].map(({ kind }) => kind)
        expect(told).toEqual(['equivocation'])
      }
      await accepted(ask(cluster, us, placeOrder, order('as-new', 1)))
      await converged(cluster)
    })
  }
})

describe('one copy of a database that is recovered twice, the second time with no peer in reach', () => {
  for (const isHeard of [true, false]) {
    const end = isHeard ? 'comes back, for others have it' : 'is lost, for nobody has it'
    it(`W8 S7: no sequence is written twice, and what it did after the first recovery ${end}`, async () => {
      const cluster = await shop(34)
      const copy = cluster.backUp(us)
      const recover = async (origin: string) => {
        cluster.crash(us)
        cluster.restore(us, copy)
        void cluster.start(us)
        await cluster.time.runUntil('us is back', () => cluster.region(us) !== undefined, 60_000)
        expect(cluster.region(us)?.origin).toBe(origin)
      }
      const cut = () => {
        for (const other of [ap, eu]) cluster.network.cut(us, other)
      }
      // Alone it has no rights of what there was before, and a share of what comes in.
      const takeInAndSell = async (id: string, quantity: number) => {
        await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 3 * quantity }))
        await accepted(ask(cluster, us, placeOrder, order(id, quantity)))
      }
      if (!isHeard) cut()
      await recover(`${us}@2`)
      await takeInAndSell('first', 4)
      await cluster.time.runFor(2_000)
      cut()
      await recover(`${us}@3`)
      await takeInAndSell('second', 5)
      for (const other of [ap, eu]) cluster.network.heal(us, other)
      await cluster.time.runFor(20_000)
      await converged(cluster)
      await checkConverged(cluster)
      for (const id of members) {
        const { documents, incidents } = cluster.database(id)
        expect([...incidents.values()]).toEqual([])
        expect([documents.has('order/first'), documents.has('order/second')]).toEqual([isHeard, true])
        expect(levelIn(cluster, id)).toMatchObject({ reserved: isHeard ? 9 : 5, onHand: isHeard ? 117 : 105 })
      }
    })
  }
})

describe('a region that is restored again before all know of its life after the first time', () => {
  it('S7 W8 S2: what it had before is taken over once, when nothing that it wrote in between can come up any more', async () => {
    const cluster = await shop(35)
    await accepted(ask(cluster, us, placeOrder, order('before', 4)))
    await cluster.time.runFor(2_000)
    const reach = (peers: readonly string[]) => {
      for (const other of [ap, eu]) {
        if (peers.includes(other)) cluster.network.heal(us, other)
        else cluster.network.cut(us, other)
      }
    }
    const recover = async (copy: ReturnType<typeof cluster.backUp>, origin: string, peers: readonly string[]) => {
      cluster.crash(us)
      cluster.restore(us, copy)
      reach(peers)
      void cluster.start(us)
      await cluster.time.runUntil('us is back', () => cluster.region(us) !== undefined, 60_000)
      expect(cluster.region(us)?.origin).toBe(origin)
    }
    const copy = cluster.backUp(us)
    await recover(copy, `${us}@2`, [ap, eu])
    const isDecidedIn = (id: string) => leftIn(cluster, id).includes(`${us}@2`)
    const isAsked = () => [ap, eu].every((id) => cluster.database(id).head.fences.retires.length > 0)
    await cluster.time.runUntil('the others know that it begins anew', isAsked, 60_000)
    // They say how far they hold what it wrote before, and it does not hear them.
    reach([])
    await cluster.time.runUntil('the others agree', () => [ap, eu].every(isDecidedIn), 60_000)
    const second = cluster.backUp(us)
    cluster.network.cut(ap, eu)
    expect(isDecidedIn(us)).toBe(false)
    for (const [origin, peer] of [
      [`${us}@3`, eu],
      [`${us}@4`, ap],
    ] as const) {
      await recover(second, origin, [peer])
      await cluster.time.runFor(5_000)
      // One alone cannot tell it all that it may have forgotten.
      expect(isDecidedIn(us)).toBe(false)
    }
    reach([ap, eu])
    cluster.network.heal(ap, eu)
    await cluster.time.runFor(20_000)
    await converged(cluster)
    await checkConverged(cluster)
    expect(leftIn(cluster, us)).toContain(`${us}@4`)
    for (const id of members) {
      expect([...cluster.database(id).incidents.values()]).toEqual([])
      expect(levelIn(cluster, id)).toMatchObject({ available: 86, reserved: 4, onHand: 90 })
      expect(rightsIn(cluster, id)).toEqual({ [ap]: 30, [eu]: 30, [us]: 26 })
    }
  })
})

describe('a region that is restored from an old copy and then from a newer one', () => {
  for (const isLogged of [true, false]) {
    const told = isLogged ? 'a log tells it of its end' : 'a snapshot alone tells it of its end'
    it(`S7 W8 C10 C3: begins anew from what the others hold, and what it had sold is placed again, where ${told}`, async () => {
      const cluster = await shop(36, { ...short, archiveMs: isLogged ? short.archiveMs : 2_000 })
      const old = cluster.backUp(us)
      const cut = () => {
        for (const other of [ap, eu]) cluster.network.cut(us, other)
      }
      const recover = async (copy: typeof old, origin: string) => {
        cluster.crash(us)
        cluster.restore(us, copy)
        void cluster.start(us)
        await cluster.time.runUntil('us is back', () => cluster.region(us) !== undefined, 60_000)
        expect(cluster.region(us)?.origin).toBe(origin)
      }
      cut()
      await accepted(ask(cluster, us, placeOrder, order('unheard', 4)))
      const newer = cluster.backUp(us)
      for (const other of [ap, eu]) cluster.network.heal(us, other)
      await recover(old, `${us}@2`)
      await cluster.time.runFor(5_000)
      await converged(cluster)
      expect(rightsIn(cluster, eu)).toEqual({ [ap]: 30, [eu]: 30, [us]: 30 })
      if (!isLogged) await cluster.time.runFor(20_000)
      cut()
      // Nobody can tell it that its log has ended before what this copy holds.
      await recover(newer, `${us}@3`)
      await accepted(ask(cluster, us, receiveStock, { sku: 'mug-sku', quantity: 15 }))
      await accepted(ask(cluster, us, placeOrder, order('alone', 5), 'key-alone'))
      await accepted(ask(cluster, us, upsertProduct, product('lamp')))
      for (const other of [ap, eu]) cluster.network.heal(us, other)
      if (isLogged) await cluster.time.runUntil('it hears so', () => cluster.region(us)?.unready() !== null, 60_000)
      await cluster.time.runUntil('it begins anew', () => cluster.region(us)?.origin === `${us}@4`, 60_000)
      expect(cluster.region(us)?.unready()).toBeNull()
      await cluster.time.runFor(20_000)
      await converged(cluster)
      await checkConverged(cluster)
      for (const id of members) {
        const { documents } = cluster.database(id)
        expect(['unheard', 'alone'].map((name) => documents.has(`order/${name}`))).toEqual([true, true])
        expect(documents.has('product/lamp')).toBe(false)
        expect(levelIn(cluster, id)).toMatchObject({ available: 81, reserved: 9, onHand: 90 })
      }
      const told = [...cluster.database(us).incidents.values()]
      expect(told.map(({ kind, entityIds }) => [kind, entityIds])).toEqual([
        ['salvage', ['unheard', 'alone']],
        ['salvage', ['stock:mug-sku']],
        ['salvage', ['lamp']],
      ])
      await accepted(ask(cluster, us, placeOrder, order('alone', 5), 'key-alone'))
      await accepted(ask(cluster, us, placeOrder, order('as-new', 1)))
      await converged(cluster)
      expect(levelIn(cluster, eu)).toMatchObject({ available: 80, reserved: 10, onHand: 90 })
    })
  }

  it('C12 S7: keeps nothing personal of customers that it leaves behind, or whose home is elsewhere for all others', async () => {
    const cluster = await shop(37)
    const customer = (id: string, homeRegion: string, name: string) =>
      accepted(ask(cluster, homeRegion, upsertCustomer, { id, homeRegion, name }))
    await customer('regular', us, 'Ada')
    await cluster.time.runFor(2_000)
    const old = cluster.backUp(us)
    const recover = async (copy: typeof old, origin: string) => {
      cluster.crash(us)
      cluster.restore(us, copy)
      void cluster.start(us)
      await cluster.time.runUntil('us is back', () => cluster.region(us)?.origin === origin, 60_000)
    }
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await accepted(ask(cluster, us, placeOrder, order('unheard', 4)))
    const newer = cluster.backUp(us)
    for (const other of [ap, eu]) cluster.network.heal(us, other)
    await recover(old, `${us}@2`)
    await cluster.time.runFor(5_000)
    for (const other of [ap, eu]) cluster.network.cut(us, other)
    await recover(newer, `${us}@3`)
    await customer('regular', us, 'Ada Lovelace')
    await customer('newcomer', us, 'Grace')
    await customer('mover', us, 'Hedy')
    await customer('mover', eu, 'Hedy')
    for (const other of [ap, eu]) cluster.network.heal(us, other)
    await cluster.time.runUntil('it begins anew', () => cluster.region(us)?.origin === `${us}@4`, 60_000)
    const held = (id: string) =>
      [...cluster.database(id).documents.values()].flatMap(({ document }) =>
        document.kind === 'contact' ? [[document.id, document.state.fields?.name?.[0]?.value]] : [],
      )
    expect(held(us)).toEqual([['regular', 'Ada Lovelace']])
    await cluster.time.runFor(20_000)
    await converged(cluster)
    await checkConverged(cluster)
    expect([held(ap), held(eu)]).toEqual([[], [['mover', 'Hedy']]])
    const [left, ...rest] = [...cluster.database(us).incidents.values()]
    expect(left?.entityIds).toEqual(['unheard', 'newcomer', 'mover'])
    expect(rest.map(({ kind, entityIds }) => [kind, entityIds])).toEqual([
      ['salvage', ['regular']],
      ['salvage', ['newcomer']],
      ['salvage', ['mover']],
    ])
    await customer('newcomer', us, 'Grace')
    await converged(cluster)
    expect(held(us)).toHaveLength(2)
  })
})
