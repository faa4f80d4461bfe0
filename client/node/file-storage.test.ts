import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type StorageFixture, storageContract } from '../storage/contract/storage.contract.ts'
import { type ClientStorage, keysUnder, onlyKey, StorageError } from '../storage/port.ts'
import { type FileStorageOptions, fileStorage } from './file-storage.ts'

async function ground(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-storage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function dataFile(folder: string): Promise<string> {
  const [user] = await readdir(folder)
  return join(folder, user ?? '', 'data')
}

/** Closes what a test opened and left open. */
function closing(storage: ClientStorage): ClientStorage {
  return {
    async open(user) {
      const opened = await storage.open(user)
      onTestFinished(() => opened.close())
      return opened
    },
  }
}

async function fixture(options: FileStorageOptions): Promise<StorageFixture> {
  const folder = await ground()
  const make = () => closing(fileStorage(folder, options))
  return { storage: make(), reopen: async () => make() }
}

storageContract('files', () => fixture({}))
storageContract('files that are written anew all the time', () => fixture({ compactAtBytes: 1 }))

describe('files after a crash', () => {
  it('R1: a last write that was cut off at any byte is gone whole, and everything before it is there', async () => {
    const folder = await ground()
    const first = await closing(fileStorage(folder)).open('ada')
    await first.commit([{ put: 'a', value: 'whole' }])
    const before = (await stat(await dataFile(folder))).size
    await first.commit([
      { put: 'a', value: 'torn' },
      { put: 'b', value: Uint8Array.of(1, 2, 3) },
    ])
    await first.close()
    const bytes = await readFile(await dataFile(folder))
    for (let length = before; length < bytes.length; length += 1) {
      await writeFile(await dataFile(folder), bytes.subarray(0, length))
      const user = await closing(fileStorage(folder)).open('ada')
      expect(await user.load(keysUnder('a'))).toEqual([{ key: 'a', value: 'whole' }])
      expect(await user.load(keysUnder('b'))).toEqual([])
      await user.commit([{ put: 'a', value: 'goes on' }])
      await user.close()
      const again = await closing(fileStorage(folder)).open('ada')
      expect(await again.load(onlyKey('a'))).toEqual([{ key: 'a', value: 'goes on' }])
      await again.close()
    }
  })

  it('R1: a tail of whatever the disk held there is cut off', async () => {
    const folder = await ground()
    const first = await closing(fileStorage(folder)).open('ada')
    await first.commit([{ put: 'a', value: 'whole' }])
    await first.close()
    await appendFile(await dataFile(folder), Buffer.alloc(5_000, 0xc9))
    const second = await closing(fileStorage(folder)).open('ada')
    expect(await second.load(onlyKey('a'))).toEqual([{ key: 'a', value: 'whole' }])
  })

  it('damage in the middle is told and nothing is cut: what follows it was acknowledged', async () => {
    const folder = await ground()
    const user = await closing(fileStorage(folder)).open('ada')
    await user.commit([{ put: 'a', value: 'first' }])
    const end = (await stat(await dataFile(folder))).size
    await user.commit([{ put: 'b', value: 'second' }])
    await user.close()
    const bytes = await readFile(await dataFile(folder))
    bytes[end - 1] = (bytes[end - 1] ?? 0) ^ 0xff
    await writeFile(await dataFile(folder), bytes)
    await expect(fileStorage(folder).open('ada')).rejects.toMatchObject({ code: 'UNREADABLE' })
    expect((await stat(await dataFile(folder))).size).toBe(bytes.length)
  })

  it('a file cut to nothing, or of another format, is told', async () => {
    const folder = await ground()
    await (await closing(fileStorage(folder)).open('ada')).close()
    await writeFile(await dataFile(folder), 'what is this')
    await expect(fileStorage(folder).open('ada')).rejects.toMatchObject({ code: 'UNREADABLE' })
    await truncate(await dataFile(folder))
    await expect(fileStorage(folder).open('ada')).rejects.toMatchObject({ code: 'UNREADABLE' })
  })

  it('R1: killed in the middle of its writes, again and again, it has every commit that it said to have', {
    timeout: 60_000,
  }, async () => {
    const folder = await ground()
    let known = 0
    for (const afterCommits of [3, 60, 200]) {
      known = await killAfter(folder, afterCommits, known)
      const user = await closing(fileStorage(folder)).open('ada')
      const counts = await user.load(keysUnder('n/'))
      // The three keys of a commit are of one commit, and no acknowledged one is missing.
      expect(new Set(counts.map(({ value }) => value)).size).toBe(1)
      expect(counts).toHaveLength(3)
      const count = Number(counts[0]?.value)
      expect(count).toBeGreaterThanOrEqual(known)
      known = count
      await user.close()
    }
  })
})

/** Runs a process that commits as fast as it can, kills it, and says which commit it acknowledged last. */
async function killAfter(folder: string, commits: number, from: number): Promise<number> {
  const script = fileURLToPath(new URL('./committing.testing.ts', import.meta.url))
  const flags = ['--conditions=source', '--import', 'tsx', script, folder, String(from)]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = from
  child.stdout.on('data', (data: Buffer) => {
    said = Math.max(said, ...data.toString().split('\n').map(Number))
    if (said >= from + commits) child.kill('SIGKILL')
  })
  await once(child, 'close')
  expect(child.signalCode).toBe('SIGKILL')
  return said
}

describe('files and their disk', () => {
  afterEach(() => void vi.restoreAllMocks())

  /** The next write puts down half of what it should and fails. */
  async function failNextWrite(code: string): Promise<void> {
    const folder = await ground()
    const handle = await open(join(folder, 'any'), 'w')
    const prototype = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    const write = prototype.write
    vi.spyOn(prototype, 'write').mockImplementationOnce(async function (this: typeof handle, ...given: unknown[]) {
      const [bytes, offset, length, position] = given as [Uint8Array, number, number, number]
      await Reflect.apply(write, this, [bytes, offset, Math.floor(length / 2), position])
      throw Object.assign(new Error(`${code}: no`), { code })
    })
  }

  it('R1: a disk that fills up in the middle of a write says FULL, keeps what was there and goes on later', async () => {
    const folder = await ground()
    const user = await closing(fileStorage(folder)).open('ada')
    await user.commit([{ put: 'k', value: 'before' }])
    const size = (await stat(await dataFile(folder))).size
    await failNextWrite('ENOSPC')
    await expect(user.commit([{ put: 'k', value: 'after' }])).rejects.toMatchObject({ code: 'FULL' })
    expect((await stat(await dataFile(folder))).size).toBe(size)
    expect(await user.load(onlyKey('k'))).toEqual([{ key: 'k', value: 'before' }])
    await user.commit([{ put: 'k', value: 'room again' }])
    await user.close()
    const again = await closing(fileStorage(folder)).open('ada')
    expect(await again.load(onlyKey('k'))).toEqual([{ key: 'k', value: 'room again' }])
  })

  it('a log that cannot be written anew goes on as it is, and is once it can be', async () => {
    const folder = await ground()
    const user = await fileStorage(folder, { compactAtBytes: 2_000 }).open('ada')
    const draft = `${await dataFile(folder)}.new`
    await mkdir(draft)
    for (let count = 0; count < 5; count += 1) await user.commit([{ put: 'k', value: 'x'.repeat(1_000) }])
    expect((await stat(await dataFile(folder))).size).toBeGreaterThan(5_000)
    expect(await user.load(onlyKey('k'))).toHaveLength(1)
    await rm(draft, { recursive: true })
    for (let count = 0; count < 5; count += 1) await user.commit([{ put: 'k', value: String(count).repeat(1_000) }])
    expect((await stat(await dataFile(folder))).size).toBeLessThan(5_000)
    expect(await user.load(onlyKey('k'))).toEqual([{ key: 'k', value: '4'.repeat(1_000) }])
    await user.close()
  })

  it('the log does not grow with age', async () => {
    const folder = await ground()
    const user = await closing(fileStorage(folder, { compactAtBytes: 20_000 })).open('ada')
    for (let count = 0; count < 100; count += 1)
      await user.commit([{ put: `k/${count % 5}`, value: 'x'.repeat(1_000) }])
    expect((await stat(await dataFile(folder))).size).toBeLessThan(25_000)
    expect(await user.load(keysUnder('k/'))).toHaveLength(5)
  })

  it('a folder that cannot be made says why', async () => {
    const folder = await ground()
    await writeFile(join(folder, 'file'), '')
    const refused = fileStorage(join(folder, 'file', 'below')).open('ada')
    await expect(refused).rejects.toThrow(/ENOTDIR/)
    await expect(refused).rejects.toBeInstanceOf(StorageError)
  })

  it('a text that UTF-8 cannot hold is refused, not changed', async () => {
    const user = await closing(fileStorage(await ground())).open('ada')
    await expect(user.commit([{ put: 'k', value: '\ud800' }])).rejects.toMatchObject({ code: 'FAILED' })
    expect(await user.load(onlyKey('k'))).toEqual([])
  })
})

describe('one process at a time', () => {
  it('a second one is refused while the first lives, and let in when it closes or is killed', async () => {
    const folder = await ground()
    const first = await closing(fileStorage(folder)).open('ada')
    await expect(fileStorage(folder).open('ada')).rejects.toMatchObject({ code: 'IN_USE' })
    await (await fileStorage(folder).open('another user')).close()
    await first.close()
    await (await closing(fileStorage(folder)).open('ada')).close()
    await killAfter(folder, 1, 0)
    const second = await closing(fileStorage(folder)).open('ada')
    await expect(fileStorage(folder).open('ada')).rejects.toMatchObject({ code: 'IN_USE' })
    await second.close()
  })

  it('of many that come at once, one is let in', async () => {
    const folder = await ground()
    await (await closing(fileStorage(folder)).open('ada')).close()
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => closing(fileStorage(folder)).open('ada')))
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of opened) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'IN_USE' })
  })
})
