// The database in Node, on a fake of IndexedDB that keeps the standard's transactions. What only a browser has (room that
// runs out, eviction, several pages) is tested in one: test/browser/storage.test.ts.

import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { storageContract } from '../contract/storage.contract.ts'
import { onlyKey } from '../port.ts'
import { indexedDbStorage } from './indexeddb.ts'

let grounds = 0

storageContract('IndexedDB', async () => {
  grounds += 1
  const name = `ground ${grounds}`
  return { storage: indexedDbStorage(name), reopen: async () => indexedDbStorage(name) }
})

/** As a browser's: it outlives the databases. */
function fakeLocalStorage(): Pick<Storage, 'getItem' | 'setItem'> {
  const held = new Map<string, string>()
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) }
}

function drop(database: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

function openWith(database: string, version: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, version)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

describe('IndexedDB', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('R1: a commit that the browser aborts for want of room says FULL and leaves what was there', async () => {
    const user = await indexedDbStorage('full').open('ada')
    await user.commit([{ put: 'k', value: 'before' }])
    const put = IDBObjectStore.prototype.put
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      if (args[1] === 'huge') throw new DOMException('no room', 'QuotaExceededError')
      return put.apply(this, args)
    })
    const refused = user.commit([
      { put: 'k', value: 'after' },
      { put: 'huge', value: 'v' },
    ])
    await expect(refused).rejects.toMatchObject({ code: 'FULL' })
    full.mockRestore()
    expect(await user.load(onlyKey('k'))).toEqual([{ key: 'k', value: 'before' }])
    await user.commit([{ put: 'k', value: 'goes on' }])
  })

  it('R1: a database that was evicted is told at the next open, once', async () => {
    vi.stubGlobal('localStorage', fakeLocalStorage())
    const first = await indexedDbStorage('evicted').open('ada')
    expect(first.wasEvicted).toBe(false)
    await first.commit([{ put: 'k', value: 'v' }])
    await first.close()
    const kept = await indexedDbStorage('evicted').open('ada')
    expect(kept.wasEvicted).toBe(false)
    await kept.close()
    await drop('causeway/evicted/ada')
    const second = await indexedDbStorage('evicted').open('ada')
    expect(second.wasEvicted).toBe(true)
    await second.close()
    expect((await indexedDbStorage('evicted').open('ada')).wasEvicted).toBe(false)
  })

  it('an older app that meets a newer one’s database says so, and the newer one is not kept waiting', async () => {
    const older = await indexedDbStorage('versions').open('ada')
    const newer = await openWith('causeway/versions/ada', 2)
    await expect(older.load(onlyKey('k'))).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(indexedDbStorage('versions').open('ada')).rejects.toMatchObject({ code: 'UNREADABLE' })
    newer.close()
  })

  it('a part of a larger buffer is stored without the rest', async () => {
    const user = await indexedDbStorage('parts').open('ada')
    await user.commit([{ put: 'k', value: new Uint8Array(1_000).subarray(10, 12) }])
    const [entry] = await user.load(onlyKey('k'))
    expect(entry?.value instanceof Uint8Array && entry.value.buffer.byteLength).toBe(2)
  })

  it('where there is no IndexedDB, open says so', async () => {
    vi.stubGlobal('indexedDB', undefined)
    await expect(indexedDbStorage('none').open('ada')).rejects.toMatchObject({ code: 'FAILED' })
  })
})
