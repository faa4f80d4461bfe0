// Storage in files, for tills and services on Node: a folder per user with one log of commits, its content kept in memory.
// Commits that arrive while one is being synced become the next frame together. A log of mostly dead bytes is written
// anew. One process at a time opens a user's folder.

import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ClientStorage,
  checkWrites,
  isWithin,
  type KeyRange,
  StorageError,
  type StorageWrite,
  type StoredEntry,
  type StoredValue,
  type UserStorage,
} from '../storage/port.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { decodeWrites, encodeWrites } from './frames.ts'
import { asStorageError, LogFile } from './log-file.ts'

const formatVersion = 1
const maximumUserLength = 255
/** Commits and loads that wait; beyond it they are refused with FAILED. */
const maximumWaiting = 10_000
/** Of one frame, but for a single commit that is larger. */
const maximumFrameBytes = 4 << 20
const defaultCompactAtBytes = 4 << 20

export interface FileStorageOptions {
  /** The log is written anew when it has this many bytes, and twice what it needs. Default 4 MiB. */
  readonly compactAtBytes?: number
}

/** `directory` is made where it is not there. Users have a folder each in it. */
export function fileStorage(directory: string, options: FileStorageOptions = {}): ClientStorage {
  return {
    async open(user) {
      if (user.length === 0 || user.length > maximumUserLength)
        throw new StorageError('FAILED', `a user of ${user.length} characters: 1 to ${maximumUserLength}`)
      // Names that a file system cuts, folds or forbids are still different users.
      const folder = join(directory, createHash('sha256').update(user, 'utf16le').digest('hex').slice(0, 32))
      try {
        await mkdir(folder, { recursive: true })
        const lock = await lockFolder(folder)
        try {
          return await openFolder(folder, user, lock, options.compactAtBytes ?? defaultCompactAtBytes)
        } catch (error) {
          await lock.release()
          throw error
        }
      } catch (error) {
        throw asStorageError(error, folder)
      }
    },
  }
}

async function openFolder(
  folder: string,
  user: string,
  lock: FolderLock,
  compactAtBytes: number,
): Promise<FileUserStorage> {
  const header = Buffer.from(JSON.stringify({ causeway: formatVersion, user }))
  const { file, payloads } = await LogFile.open(folder, header)
  try {
    checkHeader(payloads[0], folder, user)
    return new FileUserStorage({ file, lock, header, compactAtBytes }, payloads)
  } catch (error) {
    await file.close()
    throw error
  }
}

function checkHeader(header: Uint8Array | undefined, folder: string, user: string): void {
  let found: unknown = null
  try {
    found = JSON.parse(Buffer.from(header ?? []).toString())
  } catch {
    // Told below, with what is wrong.
  }
  const version = typeof found === 'object' && found !== null && 'causeway' in found ? found.causeway : null
  if (version !== formatVersion)
    throw new StorageError('UNREADABLE', `${folder} is of format ${String(version)}, this is format ${formatVersion}`)
  if (typeof found === 'object' && found !== null && 'user' in found && found.user === user) return
  throw new StorageError('UNREADABLE', `${folder} is another user's`)
}

interface Parts {
  readonly file: LogFile
  readonly lock: FolderLock
  readonly header: Uint8Array
  readonly compactAtBytes: number
}

interface WaitingCommit {
  readonly writes: readonly StorageWrite[]
  readonly payload: Uint8Array
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

class FileUserStorage implements UserStorage {
  readonly #parts: Parts
  readonly #entries = new Map<string, StoredValue>()
  #sortedKeys: string[] | null = null
  #waiting: WaitingCommit[] = []
  #waitingLoads = 0
  #work: Promise<void> = Promise.resolve()
  #compactAt: number
  #closing: Promise<void> | null = null

  constructor(parts: Parts, payloads: readonly Uint8Array[]) {
    this.#parts = parts
    this.#compactAt = parts.compactAtBytes
    for (const payload of payloads.slice(1)) this.#apply(decodeWrites(payload))
  }

  commit(writes: readonly StorageWrite[]): Promise<void> {
    return new Promise((done, fail) => {
      this.#requireRoom()
      checkWrites(writes)
      // Encoded now: bytes that their giver changes later are stored as they were.
      const payload = encodeWrites(writes)
      this.#waiting.push({ writes: decodeWrites(payload), payload, done, fail })
      if (this.#waiting.length === 1) this.#work = this.#work.then(() => this.#flush())
    })
  }

  async load(range: KeyRange, limit = Number.POSITIVE_INFINITY): Promise<readonly StoredEntry[]> {
    this.#requireRoom()
    this.#waitingLoads += 1
    await this.#work
    this.#waitingLoads -= 1
    this.#sortedKeys ??= [...this.#entries.keys()].sort((left, right) => (left < right ? -1 : 1))
    const found: StoredEntry[] = []
    for (const key of this.#sortedKeys) {
      if (found.length >= limit || key >= range.before) break
      const value = isWithin(key, range) ? this.#entries.get(key) : undefined
      if (value !== undefined) found.push({ key, value: typeof value === 'string' ? value : value.slice() })
    }
    return found
  }

  close(): Promise<void> {
    this.#closing ??= this.#work.then(async () => {
      await this.#parts.file.close()
      await this.#parts.lock.release()
    })
    return this.#closing
  }

  #requireRoom(): void {
    if (this.#closing !== null) throw new StorageError('CLOSED', 'this storage was closed')
    if (this.#waiting.length + this.#waitingLoads >= maximumWaiting)
      throw new StorageError('FAILED', `${maximumWaiting} calls wait for the disk already; nothing was written`)
  }

  /** Everything that waits, in as few frames as their bound allows. */
  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#parts.file.append(Buffer.concat(batch.map(({ payload }) => payload)))
      } catch (error) {
        for (const { fail } of batch) fail(error)
        continue
      }
      for (const { writes, done } of batch) {
        this.#apply(writes)
        done()
      }
      await this.#compactWhenDue()
    }
  }

  #takeBatch(): WaitingCommit[] {
    let bytes = 0
    const over = this.#waiting.findIndex(({ payload }, index) => {
      bytes += payload.length
      return index > 0 && bytes > maximumFrameBytes
    })
    return this.#waiting.splice(0, over === -1 ? this.#waiting.length : over)
  }

  #apply(writes: readonly StorageWrite[]): void {
    for (const write of writes) {
      if ('put' in write) {
        if (!this.#entries.has(write.put)) this.#sortedKeys = null
        this.#entries.set(write.put, write.value)
      } else if ('remove' in write) this.#drop(write.remove)
      else for (const key of [...this.#entries.keys()]) if (isWithin(key, write.removeRange)) this.#drop(key)
    }
  }

  #drop(key: string): void {
    if (this.#entries.delete(key)) this.#sortedKeys = null
  }

  /** A disk too full for the new log keeps the old one, and is asked again when that has grown by half. */
  async #compactWhenDue(): Promise<void> {
    const { file, compactAtBytes } = this.#parts
    if (file.size < this.#compactAt) return
    try {
      await file.rewrite(this.#frames())
      this.#compactAt = Math.max(compactAtBytes, file.size * 2)
    } catch {
      this.#compactAt = Math.ceil(file.size * 1.5)
    }
  }

  *#frames(): Generator<Uint8Array> {
    yield this.#parts.header
    let writes: StorageWrite[] = []
    let bytes = 0
    for (const [put, value] of this.#entries) {
      writes.push({ put, value })
      bytes += put.length + value.length
      if (bytes < maximumFrameBytes) continue
      yield encodeWrites(writes)
      writes = []
      bytes = 0
    }
    if (writes.length > 0) yield encodeWrites(writes)
  }
}
