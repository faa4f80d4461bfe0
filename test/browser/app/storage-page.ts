// In the page: one user's IndexedDB storage per handle, called from outside with plain values.

import { indexedDbStorage, StorageError } from '@causeway/client'
import type { KeyRange, StorageWrite, StoredValue, UserStorage } from '@causeway/client/storage/port'

/** Bytes as numbers, since what comes from outside is JSON. */
export type PlainValue = string | { readonly bytes: readonly number[] }
export type PlainWrite =
  | { readonly put: string; readonly value: PlainValue }
  | { readonly remove: string }
  | { readonly removeRange: KeyRange }
export type PlainAnswer<Value> = { readonly value: Value } | { readonly code: string; readonly message: string }

export interface StoragePage {
  open(name: string, user: string): Promise<PlainAnswer<{ readonly handle: number; readonly wasEvicted: boolean }>>
  commit(handle: number, writes: readonly PlainWrite[]): Promise<PlainAnswer<null>>
  load(
    handle: number,
    range: KeyRange,
    limit: number | null,
  ): Promise<PlainAnswer<{ key: string; value: PlainValue }[]>>
  close(handle: number): Promise<PlainAnswer<null>>
}

const handles: UserStorage[] = []

function at(handle: number): UserStorage {
  const storage = handles[handle]
  if (storage === undefined) throw new Error(`no handle ${handle}`)
  return storage
}

function fromPlain(value: PlainValue): StoredValue {
  return typeof value === 'string' ? value : Uint8Array.from(value.bytes)
}

function toPlain(value: StoredValue): PlainValue {
  return typeof value === 'string' ? value : { bytes: [...value] }
}

async function answer<Value>(work: () => Promise<Value>): Promise<PlainAnswer<Value>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof StorageError) return { code: error.code, message: error.message }
    throw error
  }
}

const page: StoragePage = {
  open: (name, user) =>
    answer(async () => {
      const storage = await indexedDbStorage(name).open(user)
      return { handle: handles.push(storage) - 1, wasEvicted: storage.wasEvicted === true }
    }),
  commit: (handle, writes) =>
    answer(async () => {
      const own = writes.map(
        (write): StorageWrite => ('put' in write ? { put: write.put, value: fromPlain(write.value) } : write),
      )
      await at(handle).commit(own)
      return null
    }),
  load: (handle, range, limit) =>
    answer(async () => {
      const entries = await at(handle).load(range, limit ?? undefined)
      return entries.map(({ key, value }) => ({ key, value: toPlain(value) }))
    }),
  close: (handle) =>
    answer(async () => {
      await at(handle).close()
      return null
    }),
}

Object.assign(globalThis, { storagePage: page })
