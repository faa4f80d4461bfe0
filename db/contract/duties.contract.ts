// The contract of what a region still has to do, and of which of its nodes does it.

import { expect, it } from 'vitest'
import type { SeenObligations } from '../store.ts'
import { type ContractDatabase, commit, peer } from './fixture.contract.ts'

export function dutyContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('shows obligations that are due, oldest first, until they are settled', async () => {
    const store = await open()
    const draft = (item: string, sequence: number | null) => ({
      subject: 'order' as const,
      id: 'o',
      item,
      waitsFor: sequence === null ? null : { origin: peer, sequence },
    })
    await commit(store, { newObligations: [draft('later', 5), draft('now', null)] })
    await commit(store, { newObligations: [draft('soon', 3)] })
    const items = async (stable: number, limit = 9) =>
      (await store.obligations({ [peer]: stable }, limit)).map(({ item }) => item)
    expect((await store.obligations({}, 9)).map(({ item }) => item)).toEqual(['now'])
    expect(await items(3)).toEqual(['now', 'soon'])
    expect(await items(5)).toEqual(['later', 'now', 'soon'])
    expect(await items(5, 1)).toEqual(['later'])
    const due = await store.obligations({ [peer]: 3 }, 9)
    expect(due[1]).toMatchObject(draft('soon', 3))
    const newly = async (stable: number, seen: SeenObligations) =>
      (await store.obligations({ [peer]: stable }, 9, seen)).map(({ item }) => item)
    const [last] = due.slice(-1)
    const seen = { stable: { [peer]: 3 }, number: due[0]?.number ?? 0, page: 0 }
    expect(await newly(3, seen)).toEqual([])
    expect(await newly(5, seen)).toEqual(['later'])
    expect(await newly(5, { ...seen, stable: {} })).toEqual(['later', 'soon'])
    expect(await newly(5, { stable: {}, number: 0, page: due[0]?.number ?? 0 })).toEqual(['soon'])
    expect(await newly(5, { stable: {}, number: 0, page: last?.number ?? 0 })).toEqual([])
    await commit(store, { newObligations: [draft('newer', null)] })
    expect(await newly(3, seen)).toEqual(['newer'])
    await commit(store, { settledObligations: due.map(({ number }) => number) })
    expect(await items(9)).toEqual(['later', 'newer'])
  })

  it('lets one node of a region hold a lease', async () => {
    const [one, other] = [await open(), await open()]
    const lease = await one.lease('links')
    expect(lease).not.toBeNull()
    expect(await other.lease('links')).toBeNull()
    expect(await one.lease('links')).toBeNull()
    expect(await other.lease('archive')).not.toBeNull()
    await lease?.release()
    const next = await other.lease('links')
    expect(next).not.toBeNull()
    await other.close()
    await next?.lost
    expect(await one.lease('links')).not.toBeNull()
  })

  it('locks that a node takes at once are let go together when it closes its store', async () => {
    const one = await open()
    const other = await open()
    const names = ['links', 'archive', 'guard']
    expect(await Promise.all(names.map((name) => one.lease(name)))).not.toContain(null)
    expect(await other.lease('links')).toBeNull()
    await one.close()
    for (const name of names) await expect.poll(() => other.lease(name)).not.toBeNull()
  })
}
