// The storage port: where a client keeps what must outlive it, apart per user (R9). Text keys in order, values of text or
// bytes, and one atomic step: `commit`. Every implementation passes contract/storage.contract.ts. Knows nothing of what
// the values mean.

/** Comes back as it was put: text as text, bytes as bytes. */
export type StoredValue = string | Uint8Array

export interface StoredEntry {
  readonly key: string
  readonly value: StoredValue
}

/** Keys from `from` on, `before` excluded, compared by UTF-16 code units, as `<` and IndexedDB do. */
export interface KeyRange {
  readonly from: string
  readonly before: string
}

export type StorageWrite =
  | { readonly put: string; readonly value: StoredValue }
  | { readonly remove: string }
  | { readonly removeRange: KeyRange }

/**
 * `FULL`: no room; nothing of the commit was written, and what was there still is (R1). `UNREADABLE`: what is stored is
 * damaged, of a newer version, or the key for it is wrong. `IN_USE`: another process holds it, and this kind of storage
 * cannot be shared. `CLOSED`: this handle is closed. `EVICTED`: the platform threw away what was stored while it was
 * open; only what is in memory is left. `FAILED`: the platform said no; nothing was written.
 */
export type StorageErrorCode = 'FULL' | 'UNREADABLE' | 'IN_USE' | 'CLOSED' | 'EVICTED' | 'FAILED'

export class StorageError extends Error {
  readonly code: StorageErrorCode
  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StorageError'
    this.code = code
  }
}

/** One user's part. Calls take effect in the order in which they are made. */
export interface UserStorage {
  /** A name under which other pages and workers of this origin hold the same data at the same time; absent: nobody does. */
  readonly sharedAs?: string
  /** True where the platform has thrown away what was stored here before: the app must be told (R1). */
  readonly wasEvicted?: boolean
  /**
   * Writes all of it or nothing, in the given order, and resolves once it is as durable as this storage gets: it survives
   * a crash at any moment, which leaves either all of a commit or none. Rejects with StorageError; nothing is written then.
   */
  commit(writes: readonly StorageWrite[]): Promise<void>
  /** In order of key, at most `limit`. Sees every commit made before it. */
  load(range: KeyRange, limit?: number): Promise<readonly StoredEntry[]>
  /** Further calls reject with CLOSED; what was committed stays. */
  close(): Promise<void>
}

export interface ClientStorage {
  /** Another user's data can neither be read nor written through what this gives. `user` is 1 to 255 characters. */
  open(user: string): Promise<UserStorage>
}

/** Longest key that every implementation takes, in characters. */
export const maximumKeyLength = 512
/** Writes of one commit that every implementation takes. */
export const maximumWritesPerCommit = 20_000

/** Every key that begins with `prefix`, which is not empty. */
export function keysUnder(prefix: string): KeyRange {
  const last = prefix.length - 1
  return { from: prefix, before: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) }
}

/** The one key. */
export function onlyKey(key: string): KeyRange {
  return { from: key, before: `${key}\u0000` }
}

export function isWithin(key: string, range: KeyRange): boolean {
  return key >= range.from && key < range.before
}

/** For implementations: throws StorageError on a commit that not every one could take. */
export function checkWrites(writes: readonly StorageWrite[]): void {
  if (writes.length > maximumWritesPerCommit)
    throw new StorageError('FAILED', `a commit of ${writes.length} writes: at most ${maximumWritesPerCommit}`)
  for (const write of writes) {
    if ('removeRange' in write) continue
    const key = 'put' in write ? write.put : write.remove
    if (key.length === 0 || key.length > maximumKeyLength)
      throw new StorageError('FAILED', `a key of ${key.length} characters: 1 to ${maximumKeyLength}`)
  }
}
