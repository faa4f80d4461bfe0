// Two regions that fold one document without knowing of each other, as they do while their configurations name different members;
// a third one has written beside it, and knew of neither.

import { Rebuild } from '@causeway/regions/divergence/rebuild'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { productKind } from '@causeway/schema/documents/product/kind'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../simulation/random.ts'
import { createVirtualCrypto } from '../simulation/virtual-crypto.ts'
import { Replica } from './replica.testing.ts'

let now = 1_764_000_000_000
const clock = () => ++now
const write = (replica: Replica, input: object) => replica.run(upsertProduct, { id: 'p1', ...input }, null)
const lineOf = (sku: string, amount: string) => [{ sku, price: { amount, currencyCode: 'GBP' } }]
const commitsOf = (replica: Replica) =>
  replica.database.commits.map(({ commit }) => commit).filter(({ origin }) => origin === replica.database.head.origin)
const documentOf = ({ database }: Replica) => database.documents.get('product/p1')

/** Each takes what the others have written, one of them after the other, as far as causes allow. */
async function exchange(...regions: readonly Replica[]): Promise<void> {
  const sent = new Map(regions.map((region) => [region, commitsOf(region)]))
  for (const [index, region] of regions.entries()) {
    const others = [...regions.slice(index + 1), ...regions.slice(0, index)].flatMap((other) => sent.get(other) ?? [])
    for (let pass = 0; pass < others.length; pass += 1)
      for (const commit of others) if (region.isReady(commit)) await region.apply([commit])
  }
}

async function apart() {
  const [ap, eu, us] = [new Replica('ap', clock), new Replica('eu', clock), new Replica('us', clock)]
  await write(eu, { title: 'A mug', description: 'small and red', variants: lineOf('mug', '1.00') })
  await write(eu, { title: 'The mug', tags: ['kitchen'] })
  await exchange(ap, eu, us)
  return { ap, eu, us }
}

describe('two folds of one document that did not know of each other', () => {
  it('C11, C3: the lower one stands everywhere, with all that was written on either, and beside both', async () => {
    const { ap, eu, us } = await apart()
    await write(us, { title: 'From us', description: 'small and bright red' })
    await eu.fold('product', 'p1')
    await write(eu, { title: 'From eu', tags: ['gift', 'kitchen'] })
    await ap.fold('product', 'p1')
    await write(ap, { description: 'small and dark red', variants: lineOf('mug-2', '2.00') })
    await write(ap, { tags: ['blue'] })
    await exchange(ap, eu, us)

    const [one, ...others] = await Promise.all([ap, eu, us].map((region) => region.holds()))
    for (const other of others) expect(other).toEqual(one)
    for (const region of [ap, eu, us])
      expect(documentOf(region)?.marks).toMatchObject([{ origin: 'eu', rivals: [{ mark: { origin: 'ap' } }] }])
    const view = productKind.view('p1', documentOf(us)?.document.state ?? {})
    expect(view).toMatchObject({ title: 'From eu', tags: expect.arrayContaining(['gift', 'blue']) })
    expect(view?.description).toContain('dark')
    expect(view?.description).toContain('bright')
    expect(view?.variants.map(({ sku }) => sku)).toEqual(expect.arrayContaining(['mug', 'mug-2']))
  })

  it('C11, C9: the document goes on changing, and whoever rebuilds it from the log comes to the same', async () => {
    const { ap, eu, us } = await apart()
    await ap.fold('product', 'p1')
    await eu.fold('product', 'p1')
    await write(eu, { title: 'On the one that lost' })
    await exchange(us, ap, eu)
    await write(us, { title: 'After both' })
    await write(ap, { tags: ['later'] })
    await exchange(eu, us, ap)
    const [one, ...others] = await Promise.all([ap, eu, us].map((region) => region.holds()))
    for (const other of others) expect(other).toEqual(one)
    expect(documentOf(eu)?.marks).toMatchObject([{ origin: 'ap', rivals: [{ mark: { origin: 'eu' } }] }])
    expect([...ap.database.conflicts.values()]).toEqual([])
    for (const { database } of [ap, eu, us]) {
      const wanted = { documents: new Set(['product/p1']), conflicts: new Set<string>(), skus: new Set<string>() }
      const rebuild = new Rebuild(wanted, createVirtualCrypto('eu', new SeededRandom(1)))
      for (const { commit } of database.commits) rebuild.take(commit)
      const { document, marks } = database.documents.get('product/p1') ?? {}
      expect(rebuild.documents('11'.repeat(16))).toMatchObject([{ ...document, marks }])
    }
  })
})
