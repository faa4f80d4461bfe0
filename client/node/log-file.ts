// One file of frames that only grows, until it is written anew. An append is durable when resolved, or did not happen.
// Knows frames and what a crash leaves; nothing of keys, and of one writer only.

import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from '../storage/port.ts'
import { encodeFrame, isTornTail, readFrame } from './frames.ts'

const fileName = 'data'
/** Being written to take the place of the other; left by a crash, it is nothing. */
const draftName = 'data.new'
const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export interface FoundFrames {
  readonly file: LogFile
  readonly payloads: readonly Uint8Array[]
}

export class LogFile {
  readonly #folder: string
  #handle: FileHandle
  #size: number
  #broken: StorageError | null = null

  private constructor(folder: string, handle: FileHandle, size: number) {
    this.#folder = folder
    this.#handle = handle
    this.#size = size
  }

  /** Reads what is there and cuts off what a crash left half written. `first` begins a file that is not there yet. */
  static async open(folder: string, first: Uint8Array): Promise<FoundFrames> {
    await rm(join(folder, draftName), { force: true })
    const path = join(folder, fileName)
    const existing = await open(path, 'r+').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    })
    if (existing === null) {
      const { handle, size } = await writeDraft(folder, [first])
      await rename(join(folder, draftName), path)
      await syncFolder(folder)
      return { file: new LogFile(folder, handle, size), payloads: [first] }
    }
    try {
      const bytes = await existing.readFile()
      const payloads: Uint8Array[] = []
      let end = 0
      for (let frame = readFrame(bytes, 0); frame !== null; frame = readFrame(bytes, end)) {
        payloads.push(frame.payload)
        end = frame.end
      }
      if (end < bytes.length) {
        if (end === 0 || !isTornTail(bytes, end))
          throw new StorageError('UNREADABLE', `${path} is damaged at byte ${end} of ${bytes.length}`)
        await existing.truncate(end)
        await existing.sync()
      }
      return { file: new LogFile(folder, existing, end), payloads }
    } catch (error) {
      await existing.close()
      throw error
    }
  }

  get size(): number {
    return this.#size
  }

  /** Rejects with FULL or FAILED, and the frame is not there then. */
  async append(payload: Uint8Array): Promise<void> {
    if (this.#broken !== null) throw this.#broken
    const frame = encodeFrame(payload)
    try {
      await writeAll(this.#handle, frame, this.#size)
      await this.#handle.datasync()
    } catch (error) {
      await this.#undo(error)
      throw asStorageError(error, join(this.#folder, fileName))
    }
    this.#size += frame.length
  }

  /** A crash leaves either file whole. Rejects with FULL or FAILED, and the old one goes on where it could be kept. */
  async rewrite(payloads: Iterable<Uint8Array>): Promise<void> {
    if (this.#broken !== null) throw this.#broken
    const draft = await writeDraft(this.#folder, payloads)
    try {
      await rename(join(this.#folder, draftName), join(this.#folder, fileName))
    } catch (error) {
      await draft.handle.close()
      throw asStorageError(error, join(this.#folder, draftName))
    }
    const old = this.#handle
    this.#handle = draft.handle
    this.#size = draft.size
    await old.close()
    // Until the rename is durable, a crash may bring back the old file, and what is appended now would be missing in it.
    await syncFolder(this.#folder).catch((error: unknown) => this.#break(error))
    if (this.#broken !== null) throw this.#broken
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  /** What the disk holds after a failed sync nobody knows: only what is cut off and synced again is known to be gone. */
  async #undo(cause: unknown): Promise<void> {
    try {
      await this.#handle.truncate(this.#size)
      await this.#handle.datasync()
    } catch {
      this.#break(cause)
    }
  }

  #break(cause: unknown): void {
    const words = cause instanceof Error ? cause.message : String(cause)
    const path = join(this.#folder, fileName)
    this.#broken = new StorageError(
      'FAILED',
      `${path} could be neither written nor cut: ${words}; open it again`,
      cause,
    )
  }
}

interface Draft {
  readonly handle: FileHandle
  readonly size: number
}

/** Durable but for its name. */
async function writeDraft(folder: string, payloads: Iterable<Uint8Array>): Promise<Draft> {
  const path = join(folder, draftName)
  const handle = await open(path, 'w+')
  let size = 0
  try {
    for (const payload of payloads) {
      const frame = encodeFrame(payload)
      await writeAll(handle, frame, size)
      size += frame.length
    }
    await handle.sync()
  } catch (error) {
    await handle.close()
    await rm(path, { force: true })
    throw asStorageError(error, path)
  }
  return { handle, size }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** Makes a rename durable. Windows opens no folder and needs none of this. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function asStorageError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error
  const words = error instanceof Error ? error.message : String(error)
  if (noRoom.has(codeOf(error))) return new StorageError('FULL', `no room for ${path}; nothing was written`, error)
  return new StorageError('FAILED', `${path}: ${words}`, error)
}
