import { describe, expect, it } from 'vitest'
import { storageContract } from '../contract/storage.contract.ts'
import { memoryStorage } from '../memory.ts'
import { keysUnder, onlyKey } from '../port.ts'
import { encryptedStorage } from './encrypted-storage.ts'

const key = Uint8Array.from({ length: 32 }, (_, index) => index)
const otherKey = key.map((byte) => byte ^ 1)

storageContract('encrypted', async () => {
  const inner = memoryStorage()
  return { storage: encryptedStorage(inner, key), reopen: async () => encryptedStorage(inner, key) }
})

describe('encryption at rest', () => {
  it('nothing of a value can be read in what is stored, and the same value never looks the same', async () => {
    const inner = memoryStorage()
    const user = await encryptedStorage(inner, key).open('ada')
    await user.commit([
      { put: 'k/1', value: 'Ada Lovelace' },
      { put: 'k/2', value: 'Ada Lovelace' },
    ])
    const stored = await (await inner.open('ada')).load(keysUnder('k/'))
    const bytes = stored.map(({ value }) => (value instanceof Uint8Array ? value : new Uint8Array()))
    for (const one of bytes) expect(Buffer.from(one).toString('latin1')).not.toMatch(/Ada|Lovelace/)
    expect(bytes[0]?.length).toBe(bytes[1]?.length)
    expect(bytes[0]).not.toEqual(bytes[1])
  })

  it('another key says so at open, and the right one still opens', async () => {
    const inner = memoryStorage()
    const first = await encryptedStorage(inner, key).open('ada')
    await first.commit([{ put: 'k', value: 'v' }])
    const refused = encryptedStorage(inner, otherKey).open('ada')
    await expect(refused).rejects.toMatchObject({ code: 'UNREADABLE' })
    await expect(refused).rejects.toThrow(/key is not the one/)
    const again = await encryptedStorage(inner, key).open('ada')
    expect(await again.load(onlyKey('k'))).toEqual([{ key: 'k', value: 'v' }])
  })

  it('what was stored without encryption is not mixed with what is', async () => {
    const inner = memoryStorage()
    await (await inner.open('ada')).commit([{ put: 'k', value: 'plain' }])
    await expect(encryptedStorage(inner, key).open('ada')).rejects.toThrow(/without encryption/)
  })

  it('a value that was moved or changed by another hand is not taken', async () => {
    const inner = memoryStorage()
    const user = await encryptedStorage(inner, key).open('ada')
    await user.commit([{ put: 'cart/1', value: 'mine' }])
    const raw = await inner.open('ada')
    const [entry] = await raw.load(onlyKey('cart/1'))
    if (!(entry?.value instanceof Uint8Array)) throw new Error('not sealed')
    await raw.commit([{ put: 'cart/2', value: entry.value }])
    await expect(user.load(onlyKey('cart/2'))).rejects.toMatchObject({ code: 'UNREADABLE' })
    entry.value[20] = (entry.value[20] ?? 0) ^ 1
    await raw.commit([{ put: 'cart/1', value: entry.value }])
    await expect(user.load(onlyKey('cart/1'))).rejects.toMatchObject({ code: 'UNREADABLE' })
  })

  it('clearing everything keeps the proof of the key', async () => {
    const inner = memoryStorage()
    const user = await encryptedStorage(inner, key).open('ada')
    await user.commit([{ put: 'k', value: 'v' }])
    await user.commit([{ removeRange: { from: '', before: '\uffff' } }])
    await expect(encryptedStorage(inner, otherKey).open('ada')).rejects.toMatchObject({ code: 'UNREADABLE' })
  })

  it('a key of the wrong length is told', async () => {
    await expect(encryptedStorage(memoryStorage(), new Uint8Array(5)).open('ada')).rejects.toThrow(/5 bytes/)
  })
})
