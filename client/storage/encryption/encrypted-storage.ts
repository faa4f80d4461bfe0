// Encryption at rest before any storage: values are sealed, names of keys stay readable, since ranges need their order. A
// wrong key is told at open, before anything is read or written. Knows the port and the sealer.

import {
  type ClientStorage,
  type KeyRange,
  onlyKey,
  StorageError,
  type StorageWrite,
  type StoredEntry,
  type UserStorage,
} from '../port.ts'
import { type EncryptionKey, Sealer } from './sealer.ts'

/** Before every key that a client uses, and never handed out. */
const proofKey = '\u0000encrypted'
const proofText = 'causeway'

/** The key is the app's to keep: who loses it loses what is stored. */
export function encryptedStorage(inner: ClientStorage, key: EncryptionKey): ClientStorage {
  return {
    async open(user) {
      const sealer = await Sealer.with(key)
      const opened = await inner.open(user)
      try {
        await prove(opened, sealer)
      } catch (error) {
        await opened.close()
        throw error
      }
      return new EncryptedUserStorage(opened, sealer)
    },
  }
}

/** The first open leaves a proof of its key; every further one must open it. */
async function prove(opened: UserStorage, sealer: Sealer): Promise<void> {
  const [first] = await opened.load({ from: '', before: '\uffff' }, 1)
  if (first === undefined) {
    await opened.commit([{ put: proofKey, value: await sealer.seal(proofKey, proofText) }])
    return
  }
  if (first.key !== proofKey) throw new StorageError('UNREADABLE', 'what is stored here was stored without encryption')
  const text = await sealer.open(proofKey, first.value).catch((error: unknown) => {
    throw new StorageError('UNREADABLE', 'the encryption key is not the one that this was stored with', error)
  })
  if (text !== proofText) throw new StorageError('UNREADABLE', 'what is stored here is not ours')
}

class EncryptedUserStorage implements UserStorage {
  readonly #inner: UserStorage
  readonly #sealer: Sealer
  /** Sealing takes its time: a later call must not overtake an earlier one. */
  #work: Promise<unknown> = Promise.resolve()

  constructor(inner: UserStorage, sealer: Sealer) {
    this.#inner = inner
    this.#sealer = sealer
    if (inner.sharedAs !== undefined) this.sharedAs = inner.sharedAs
  }

  readonly sharedAs?: string

  get wasEvicted(): boolean {
    return this.#inner.wasEvicted ?? false
  }

  commit(writes: readonly StorageWrite[]): Promise<void> {
    const sealed = Promise.all(writes.map((write) => this.#seal(write)))
    // Told when its turn comes, which may be later.
    sealed.catch(() => {})
    return this.#inTurn(async () => this.#inner.commit(await sealed))
  }

  load(range: KeyRange, limit?: number): Promise<readonly StoredEntry[]> {
    const from = range.from > proofKey ? range.from : onlyKey(proofKey).before
    return this.#inTurn(async () => {
      const entries = await this.#inner.load({ from, before: range.before }, limit)
      return Promise.all(entries.map(async ({ key, value }) => ({ key, value: await this.#sealer.open(key, value) })))
    })
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#inner.close())
  }

  async #seal(write: StorageWrite): Promise<StorageWrite> {
    if ('put' in write) {
      if (write.put === proofKey) throw new StorageError('FAILED', `the key ${JSON.stringify(proofKey)} is taken`)
      return { put: write.put, value: await this.#sealer.seal(write.put, write.value) }
    }
    if ('remove' in write) return write
    const { from, before } = write.removeRange
    return { removeRange: { from: from > proofKey ? from : onlyKey(proofKey).before, before } }
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(run)
    this.#work = result.catch(() => {})
    return result
  }
}
