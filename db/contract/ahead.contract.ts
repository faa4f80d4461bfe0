// What a transaction is given together with its lock: the same as without asking ahead.

import { expect, it } from 'vitest'
import { type ContractDatabase, documentOf, outcomeOf, request, rowOf, writeOf } from './fixture.contract.ts'

function gate(): readonly [Promise<void>, () => void] {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return [opened, open]
}

export function aheadContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('W7: what a node asks for together with the lock is as the one before it in the lock has left it', async () => {
    const [one, other] = [await open(), await open()]
    const wanted = request({ documents: [{ kind: 'product', id: 'a' }], ids: ['a'], skus: ['x'], keys: ['k'] })
    // Both have their connections and statements ready: who is to wait then waits for the lock alone.
    for (const node of [one, other]) await node.transact((transaction) => transaction.load(wanted), wanted)
    const [released, release] = gate()
    const [isHeld, held] = gate()
    const first = one.transact(async (transaction) => {
      held()
      await released
      const parts = { documents: [documentOf('a')], stock: [rowOf('x', { received: 9 })], outcomes: [outcomeOf('k')] }
      await transaction.write(writeOf(transaction.head, parts))
    })
    await isHeld
    const second = other.transact(async (transaction) => {
      expect(transaction.head.position).toBe(1)
      const loaded = await transaction.load(wanted)
      expect(await transaction.load({ ...wanted })).toEqual(loaded)
      expect(await transaction.load(request({ skus: ['x'] }))).toEqual({
        ...(await other.load(request({}))),
        stock: loaded.stock,
      })
      return loaded
    }, wanted)
    for (let asked = 0; asked < 5; asked += 1) expect((await other.head()).position).toBe(0)
    release()
    await first
    const loaded = await second
    expect(loaded).toEqual(await other.load(wanted))
    expect(loaded.documents.map(({ id }) => id)).toEqual(['a'])
    expect(loaded.stock.map(({ cells }) => cells.received)).toEqual([9])
    expect(loaded.outcomes.map(({ key }) => key)).toEqual(['k'])
  })

  it('W7: a command that asks ahead for what no database can hold takes nobody else with it', async () => {
    const store = await open()
    const wanted = request({ ids: ['a\u0000b'], keys: ['a\u0000b'] })
    await store.transact(async (transaction) => {
      expect(await transaction.load(wanted)).toMatchObject({ ids: [], outcomes: [] })
      await transaction.write(writeOf(transaction.head))
    }, wanted)
    expect((await store.head()).position).toBe(1)
  })
}
