// The contract of transactions: whole or not at all, in order among nodes, durable before anyone hears of it.

import { sequenceOf } from '@causeway/schema/clock/version-vector'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Store, WriteSet } from '../store.ts'
import {
  type ContractDatabase,
  commit,
  documentOf,
  emptyWrite,
  follow,
  outcomeOf,
  peer,
  region,
  request,
  rings,
  rowOf,
  writeOf,
} from './fixture.contract.ts'

/** Everything a reader can see, to tell whether a refused write left a trace. */
async function everything(store: Store) {
  return {
    head: await store.head(),
    commits: await store.commitsAfterPosition(0, 1e9),
    documents: (await store.scanDocuments(null, 1000)).rows,
    stock: (await store.scanStock(null, 1000)).rows,
    obligations: await store.obligations({ [region]: 1e6 }, 1000),
    loaded: await store.load(
      request({ keys: ['k'], aliases: ['sku:a'], ids: ['a'], bytes: [{ kind: 'product', id: 'a' }] }),
    ),
  }
}

const faults: Readonly<Record<string, { readonly spoil: (set: WriteSet) => WriteSet; readonly code: string | null }>> =
  {
    'stale heads': {
      spoil: (set) => ({ ...set, documents: [...set.documents, documentOf('a', { version: 9 })] }),
      code: 'STALE_HEADS',
    },
    'a document that exists already': {
      spoil: (set) => ({ ...set, documents: [...set.documents, documentOf('a')] }),
      code: 'STALE_HEADS',
    },
    'a sale without rights': {
      spoil: (set) => ({ ...set, stock: [...set.stock, rowOf('x', { received: 1, sold: 2 })] }),
      code: 'RIGHTS',
    },
    'a gift without rights': {
      spoil: (set) => ({ ...set, stock: [...set.stock, rowOf('x', { received: 1, given: { [peer]: 2 } })] }),
      code: 'RIGHTS',
    },
    'a position with a hole': {
      spoil: (set) => ({ ...set, head: { ...set.head, position: set.head.position + 1 } }),
      code: null,
    },
    'a commit that comes twice': {
      spoil: (set) => ({ ...set, commits: [...set.commits, ...set.commits] }),
      code: null,
    },
  }

export function transactionContract(database: () => ContractDatabase): void {
  const open = () => database().store()

  it('starts empty, as the first incarnation of its region', async () => {
    const store = await open()
    const head = await store.head()
    expect(head).toEqual({
      region,
      origin: region,
      sequence: 0,
      hash: new Uint8Array(32),
      time: { wallMs: 0, counter: 0 },
      frontier: {},
      position: 0,
      memberClocks: {},
      chainHashes: {},
      significant: {},
      fences: { retires: [], votes: [] },
      repairs: 0,
    })
    expect((await store.identity()).known).toBeNull()
  })

  it('S7: remembers what commits have said of fences, for every node, and goes on with it', async () => {
    const [store, other] = [await open(), await open()]
    const retire = {
      by: region,
      sequence: 1,
      time: { wallMs: 1, counter: 0 },
      region: peer,
      before: null,
      overrides: false,
      known: [peer],
      members: [region, peer],
    }
    const fences = {
      retires: [retire],
      votes: [{ by: region, sequence: 1, targets: [peer], held: { [peer]: 4 }, hashes: { [peer]: 'ab' } }],
    }
    await store.transact((transaction) => {
      const set = writeOf(transaction.head)
      return transaction.write({ ...set, head: { ...set.head, fences } })
    })
    expect((await other.head()).fences).toEqual(fences)
    await commit(other, {})
    const { fences: remembered } = await store.head()
    expect(remembered).toEqual(fences)
    await commit(store, {})
    expect((await store.head()).fences).toBe(remembered)
  })

  it('W2: nothing of a transaction shows before it is durable, and all of it after', async () => {
    const store = await open()
    const reader = await open()
    const set = await store.transact(async (transaction) => {
      const staged = writeOf(transaction.head, { documents: [documentOf('a')], outcomes: [outcomeOf('k')] })
      await transaction.write(staged)
      expect((await reader.head()).position).toBe(0)
      expect((await reader.load(request({ keys: ['k'] }))).outcomes).toEqual([])
      return staged
    })
    expect(await reader.head()).toEqual(set.head)
    expect(await reader.commitsAfterPosition(0, 1e9)).toEqual(set.commits)
    expect((await reader.load(request({ keys: ['k'] }))).outcomes).toEqual(set.outcomes)
  })

  it.each(Object.entries(faults))(
    'W3: a write refused for %s leaves nothing, even where the caller swallows the error',
    async (_, fault) => {
      const store = await open()
      await commit(store, {
        documents: [documentOf('a', { aliases: [{ name: 'sku:a', time: { wallMs: 1, counter: 0 }, region }] })],
        stock: [rowOf('x', { received: 1 })],
        newObligations: [{ subject: 'order', id: 'a', item: 'i', waitsFor: null }],
      })
      const before = await everything(store)
      const failing = store.transact(async (transaction) => {
        const good = writeOf(transaction.head, {
          documents: [documentOf('b', { aliases: [{ name: 'sku:a', time: { wallMs: 0, counter: 0 }, region }] })],
          stock: [rowOf('y', { received: 5, given: { [peer]: 2 } })],
          outcomes: [outcomeOf('k')],
          newObligations: [{ subject: 'key', id: 'k', item: 'i', waitsFor: null }],
          settledObligations: before.obligations.map(({ number }) => number),
        })
        await transaction.write(fault.spoil(good)).catch(() => undefined)
      })
      await expect(failing).rejects.toMatchObject(fault.code === null ? {} : { code: fault.code })
      expect(await everything(store)).toEqual(before)
      await commit(store, { documents: [documentOf('b')] })
      expect((await store.head()).position).toBe(2)
    },
  )

  it('W3: whatever a transaction wrote, a throw after it leaves nothing', async () => {
    const store = await open()
    const draft = fc.record({
      ids: fc.uniqueArray(fc.stringMatching(/^[a-d]$/)),
      skus: fc.uniqueArray(fc.stringMatching(/^[x-z]$/)),
      events: fc.integer({ min: 1, max: 9 }),
    })
    const before = await everything(store)
    await fc.assert(
      fc.asyncProperty(draft, async ({ ids, skus, events }) => {
        const failing = store.transact(async (transaction) => {
          await transaction.write({
            ...follow(transaction.head, [{ events, touched: ids.map((id) => `product/${id}`) }]),
            ...emptyWrite,
            documents: ids.map((id) => documentOf(id)),
            stock: skus.map((sku) => rowOf(sku, { received: events, given: { [peer]: 1 } })),
            outcomes: ids.map((id) => outcomeOf(id)),
          })
          throw new Error('the node thinks better of it')
        })
        await expect(failing).rejects.toThrow('thinks better')
        expect(await everything(store)).toEqual(before)
      }),
      { numRuns: 20 },
    )
  })

  it('refuses a second write in one transaction', async () => {
    const store = await open()
    const twice = store.transact(async (transaction) => {
      await transaction.write(writeOf(transaction.head))
      await transaction.write(writeOf(transaction.head))
    })
    await expect(twice).rejects.toThrow('once')
    expect((await store.head()).position).toBe(0)
  })

  it('W1, W4: two nodes commit at once, and sequences have no holes', async () => {
    const nodes = [await open(), await open()]
    const each = 100
    await Promise.all(nodes.flatMap((node) => Array.from({ length: each }, () => commit(node))))
    const [store] = nodes
    const commits = (await store?.commitsAfterPosition(0, 1e9)) ?? []
    expect(commits.map(({ position }) => position)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(commits.map(({ commit }) => commit.firstSequence)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    )
    expect((await store?.head())?.sequence).toBe(200)
  })

  it('W4: a node sees in its transaction what another has just committed', async () => {
    const [one, other] = [await open(), await open()]
    const before = await one.head()
    await commit(other, { documents: [documentOf('a'), documentOf('b')] })
    await commit(other, { documents: [documentOf('a', { version: 2 })] })
    await one.transact(async (transaction) => {
      expect(transaction.head.position).toBe(2)
      expect([...((await transaction.touchedSince(before.position)) ?? [])].sort()).toEqual(['product/a', 'product/b'])
      expect(await transaction.touchedSince(transaction.head.position)).toEqual([])
    })
  })

  it('W4: rings on every node of the region after a commit', async () => {
    const [one, other] = [await open(), await open()]
    const heard = Promise.all([rings(one), rings(other)])
    await commit(one)
    await heard
  })

  it('W7: of two nodes that read the same heads, the second is refused', async () => {
    const [one, other] = [await open(), await open()]
    await commit(one, { documents: [documentOf('a')] })
    const results = await Promise.allSettled(
      [one, other].map((node) => commit(node, { documents: [documentOf('a', { version: 2 })] })),
    )
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'STALE_HEADS', retry: true },
    })
  })

  it('keeps everything over a restart', async () => {
    const first = await open()
    await commit(first, {
      documents: [documentOf('a')],
      stock: [rowOf('x', { received: 9, given: { [peer]: 4 } })],
      newObligations: [{ subject: 'order', id: 'a', item: 'i', waitsFor: { origin: region, sequence: 3 } }],
    })
    await first.putSetting('mark', 'set')
    const before = await everything(first)
    await first.close()
    const second = await open()
    expect(await everything(second)).toEqual(before)
    expect(await second.getSetting('mark')).toBe('set')
  })

  it('refuses work once closed', async () => {
    const store = await open()
    await store.close()
    await expect(store.head()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(commit(store)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('W8: a new incarnation starts its own sequence and keeps what was applied', async () => {
    const store = await open()
    await commit(store)
    const before = await store.head()
    const head = await store.beginIncarnation(2)
    expect(head).toEqual({ ...before, origin: `${region}@2`, sequence: 0, hash: new Uint8Array(32) })
    const { known, ...now } = await store.identity()
    expect(known).toEqual(now)
    await commit(store)
    expect(sequenceOf((await store.head()).frontier, `${region}@2`)).toBe(1)
  })

  it('W8 W4: an incarnation that two nodes begin at once begins once, whichever of them has written meanwhile', async () => {
    const [one, other] = [await open(), await open()]
    await commit(one)
    for (const incarnation of [1, 2]) {
      await one.beginIncarnation(incarnation)
      await commit(one)
      const standing = await one.head()
      expect(await other.beginIncarnation(incarnation)).toEqual(standing)
      await commit(other)
      expect((await one.head()).sequence).toBe(standing.sequence + 1)
    }
    expect((await one.head()).frontier).toEqual({ [region]: 3, [`${region}@2`]: 2 })
  })
}
