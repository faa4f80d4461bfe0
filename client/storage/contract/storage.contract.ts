// What every storage promises, as a suite that each implementation runs. Crashes and full disks cannot be made alike
// everywhere: each implementation tests those beside this suite.

import { describe, expect, it } from 'vitest'
import { type ClientStorage, keysUnder, maximumKeyLength, onlyKey, StorageError, type StoredEntry } from '../port.ts'

export interface StorageFixture {
  readonly storage: ClientStorage
  /** A storage on the same ground, as after a reload: everything in memory is another. Handles were closed before. */
  reopen(): Promise<ClientStorage>
}

const everything = { from: '', before: '\uffff' }

function keysOf(entries: readonly StoredEntry[]): string[] {
  return entries.map(({ key }) => key)
}

/** `make` gives ground of its own to each test and cleans it up when the test is over. */
export function storageContract(name: string, make: () => Promise<StorageFixture>): void {
  describe(`storage: ${name}`, () => {
    it('R1: what a commit wrote is there after a reload, text as text and bytes as bytes', async () => {
      const { storage, reopen } = await make()
      const first = await storage.open('ada')
      await first.commit([
        { put: 'a/1', value: 'größer ✓ \u0000' },
        { put: 'a/2', value: Uint8Array.of(0, 255, 10, 13) },
        { put: 'a/3', value: '' },
        { put: 'a/4', value: new Uint8Array() },
      ])
      await first.close()
      const second = await (await reopen()).open('ada')
      expect(await second.load(keysUnder('a/'))).toEqual([
        { key: 'a/1', value: 'größer ✓ \u0000' },
        { key: 'a/2', value: Uint8Array.of(0, 255, 10, 13) },
        { key: 'a/3', value: '' },
        { key: 'a/4', value: new Uint8Array() },
      ])
    })

    it('a range comes in the order of its keys, cut where a limit says so', async () => {
      const user = await (await make()).storage.open('ada')
      await user.commit(['b/2', 'a/9', 'b/10', 'b', 'c/1', 'b/1'].map((put) => ({ put, value: put })))
      expect(keysOf(await user.load(keysUnder('b/')))).toEqual(['b/1', 'b/10', 'b/2'])
      expect(keysOf(await user.load(keysUnder('b/'), 2))).toEqual(['b/1', 'b/10'])
      expect(keysOf(await user.load({ from: 'b/1\u0000', before: 'c' }))).toEqual(['b/10', 'b/2'])
      expect(keysOf(await user.load(onlyKey('b')))).toEqual(['b'])
      expect(await user.load(onlyKey('nothing'))).toEqual([])
    })

    it('writes of one commit take effect in their order', async () => {
      const user = await (await make()).storage.open('ada')
      await user.commit([
        { put: 'x/1', value: 'old' },
        { put: 'x/2', value: 'old' },
        { put: 'y', value: 'stays' },
      ])
      await user.commit([
        { removeRange: keysUnder('x/') },
        { put: 'x/3', value: 'new' },
        { put: 'x/4', value: 'gone again' },
        { remove: 'x/4' },
        { remove: 'never there' },
      ])
      expect(await user.load(everything)).toEqual([
        { key: 'x/3', value: 'new' },
        { key: 'y', value: 'stays' },
      ])
    })

    it('commits that are not waited for keep their order, and a load sees those before it', async () => {
      const user = await (await make()).storage.open('ada')
      const commits = Array.from({ length: 20 }, (_, index) => user.commit([{ put: 'k', value: String(index) }]))
      const seen = await user.load(onlyKey('k'))
      await Promise.all(commits)
      expect(seen).toEqual([{ key: 'k', value: '19' }])
    })

    it('R1: a commit that is refused has written nothing', async () => {
      const user = await (await make()).storage.open('ada')
      await user.commit([{ put: 'k', value: 'before' }])
      const refused = user.commit([
        { put: 'k', value: 'after' },
        { put: 'x'.repeat(maximumKeyLength + 1), value: 'too long a key' },
      ])
      await expect(refused).rejects.toBeInstanceOf(StorageError)
      expect(await user.load(everything)).toEqual([{ key: 'k', value: 'before' }])
    })

    it('R9: what is stored is kept apart per user, whatever the users are called', async () => {
      const { storage, reopen } = await make()
      const names = ['ada', 'ada/2', '../ada', 'Ada', 'ada ', 'añá', '.']
      for (const user of names) {
        const opened = await storage.open(user)
        expect(await opened.load(everything)).toEqual([])
        await opened.commit([{ put: 'mine', value: user }])
        await opened.close()
      }
      const again = await reopen()
      for (const user of names) {
        const opened = await again.open(user)
        expect(await opened.load(everything)).toEqual([{ key: 'mine', value: user }])
        await opened.close()
      }
    })

    it('bytes that are changed after a commit or a load do not change what is stored', async () => {
      const user = await (await make()).storage.open('ada')
      const given = Uint8Array.of(1, 2, 3)
      const committed = user.commit([{ put: 'k', value: given }])
      await committed
      given[0] = 9
      const [loaded] = await user.load(onlyKey('k'))
      if (loaded?.value instanceof Uint8Array) loaded.value[1] = 9
      expect(await user.load(onlyKey('k'))).toEqual([{ key: 'k', value: Uint8Array.of(1, 2, 3) }])
    })

    it('a large commit is one commit', async () => {
      const user = await (await make()).storage.open('ada')
      const value = 'v'.repeat(200)
      await user.commit(Array.from({ length: 5_000 }, (_, index) => ({ put: `k/${index}`, value })))
      expect(await user.load(keysUnder('k/'))).toHaveLength(5_000)
    })

    it('after close nothing is read or written', async () => {
      const user = await (await make()).storage.open('ada')
      await user.close()
      await expect(user.commit([{ put: 'k', value: 'v' }])).rejects.toMatchObject({ code: 'CLOSED' })
      await expect(user.load(everything)).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })
}
