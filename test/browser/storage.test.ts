// IndexedDB as a browser has it: the contract that all storage keeps, and what only a browser does to what is stored.

import { randomBytes } from 'node:crypto'
import { storageContract } from '@causeway/client/storage/contract/storage.contract'
import { type ClientStorage, keysUnder, StorageError } from '@causeway/client/storage/port'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PlainAnswer, PlainWrite, StoragePage } from './app/storage-page.ts'
import { AppServer } from './app-server.ts'
import { bundlePage } from './bundle.ts'
import { hasChromium, launchChromium } from './chromium.ts'

declare const storagePage: StoragePage

describe.skipIf(!hasChromium)('in a browser', () => {
  let browser: Browser
  let files: ReadonlyMap<string, Uint8Array | string>
  let server: AppServer
  let page: Page
  let grounds = 0

  beforeAll(async () => {
    files = await bundlePage('storage-page.ts')
    server = new AppServer(files)
    await server.start()
    browser = await launchChromium()
    page = await browser.newPage()
    await visit()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  async function visit(url = server.url): Promise<void> {
    await page.goto(url)
    await page.waitForFunction(() => 'storagePage' in globalThis)
  }

  function remoteStorage(name: string): ClientStorage {
    return {
      async open(user) {
        const { handle, wasEvicted } = plainValue(
          await page.evaluate((given) => storagePage.open(...given), [name, user] as const),
        )
        return {
          wasEvicted,
          async commit(writes) {
            const plain = writes.map((write): PlainWrite => {
              if (!('put' in write)) return write
              return {
                put: write.put,
                value: typeof write.value === 'string' ? write.value : { bytes: [...write.value] },
              }
            })
            plainValue(await page.evaluate((given) => storagePage.commit(...given), [handle, plain] as const))
          },
          async load(range, limit) {
            const entries = await page.evaluate((given) => storagePage.load(...given), [
              handle,
              range,
              limit ?? null,
            ] as const)
            return plainValue(entries).map(({ key, value }) => ({
              key,
              value: typeof value === 'string' ? value : Uint8Array.from(value.bytes),
            }))
          },
          async close() {
            plainValue(await page.evaluate((given) => storagePage.close(given), handle))
          },
        }
      },
    }
  }

  storageContract('IndexedDB of Chromium', async () => {
    grounds += 1
    const name = `ground ${grounds}`
    const reopen = async () => {
      await visit()
      return remoteStorage(name)
    }
    return { storage: remoteStorage(name), reopen }
  })

  it('R1: no more room is told as FULL, and what was there stays', async () => {
    // An origin of its own: the browser remembers for a while how much room it found.
    const small = new AppServer(files)
    await small.start()
    onTestFinished(async () => {
      await visit()
      await small.stop()
    })
    const developer = await page.context().newCDPSession(page)
    await developer.send('Storage.overrideQuotaForOrigin', { origin: small.url, quotaSize: 1_000_000 })
    await visit(small.url)
    const user = await remoteStorage('room').open('ada')
    await user.commit([{ put: 'k', value: 'before' }])
    // The browser measures what it writes after packing it: text that cannot be packed.
    const large = randomBytes(2_500_000).toString('hex')
    await expect(user.commit([{ put: 'large', value: large }])).rejects.toMatchObject({ code: 'FULL' })
    expect(await user.load(keysUnder('k'))).toEqual([{ key: 'k', value: 'before' }])
    expect(await user.load(keysUnder('large'))).toEqual([])
  })

  it('R1: storage that is evicted is told while it is open, and at the next visit', async () => {
    const user = await remoteStorage('evicted').open('ada')
    await user.commit([{ put: 'k', value: 'v' }])
    const developer = await page.context().newCDPSession(page)
    await developer.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes: 'indexeddb' })
    await expect.poll(() => user.load(keysUnder('k')).catch((error: StorageError) => error.code)).toBe('EVICTED')
    await visit()
    expect((await remoteStorage('evicted').open('ada')).wasEvicted).toBe(true)
    await visit()
    expect((await remoteStorage('evicted').open('ada')).wasEvicted).toBe(false)
  })
})

function plainValue<Value>(answer: PlainAnswer<Value>): Value {
  if ('value' in answer) return answer.value
  throw new StorageError(answer.code as StorageError['code'], answer.message)
}
