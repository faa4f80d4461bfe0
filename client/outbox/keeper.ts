// Writes down what the outbox's steps come to, together with what outcomes mean for leases. What was settled and found no room is
// tried again until it has some: a lease waits for what became of its sales, and nothing else may ever be written that would bring it
// along. Knows no state of the queue but what is in it.

import { backoffMs } from '../backoff.ts'
import type { ClientPorts } from '../ports.ts'
import type { StorageWrite } from '../storage/port.ts'
import type { StoredWork } from './outbox.ts'
import type { OutboxShelf } from './shelf.ts'

/** What else an outcome means is stored with it: `put` is given that. */
export type Storing = (
  works: readonly StoredWork[],
  put: (along: readonly StorageWrite[]) => Promise<void>,
) => Promise<void>

export interface KeeperOptions {
  readonly shelf: OutboxShelf
  readonly ports: Pick<ClientPorts, 'after' | 'unit'>
  readonly storing: Storing
  /** Whether work is in the queue, or done with. */
  readonly isQueued: (id: string) => boolean
  /** One piece of work after another. */
  readonly inTurn: (work: () => Promise<unknown>) => void
}

export class Keeper {
  readonly #options: KeeperOptions
  /** Settled work that found no room, by id: what was under way then, and what the app acknowledges since, for without room nothing is sent. */
  readonly #owed = new Map<string, StoredWork>()
  #failures = 0
  #isClosed = false
  #cancelRetry: () => void = () => {}

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** False where there was no room. What could not be stored as settled is asked for again after a reload, and answered the same by its key. */
  async store(works: readonly StoredWork[]): Promise<boolean> {
    const { isQueued } = this.#options
    // Settled work may be done with by now, and what it means for leases is still to be written.
    const told = works.filter(({ entry }) => entry.state === 'settled' || isQueued(entry.command.id))
    if (told.length === 0) return true
    if (!(await this.#write(told))) return false
    await this.#writeOwed()
    return true
  }

  /** What could not be removed is done with again after a reload. */
  async forget(ids: readonly string[]): Promise<void> {
    const owed = ids.flatMap((id) => this.#owed.get(id) ?? [])
    await this.#options.shelf.remove(ids.filter((id) => !this.#owed.has(id))).catch(() => {})
    // Not before it is known what became of it: after a reload nobody would ask again.
    if (owed.length > 0) await this.#write(owed)
  }

  /** Nothing is owed for what was cleared, or what another page has dealt with. */
  drop(id?: string): void {
    if (id === undefined) this.#owed.clear()
    else this.#owed.delete(id)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRetry()
  }

  async #writeOwed(): Promise<void> {
    if (this.#owed.size > 0) await this.#write([...this.#owed.values()])
  }

  /** One step: what is done with is removed in it. */
  async #write(works: readonly StoredWork[]): Promise<boolean> {
    const { shelf, storing, isQueued } = this.#options
    const kept = works.filter(({ entry }) => isQueued(entry.command.id))
    const gone = works.filter((work) => !kept.includes(work)).map(({ entry }) => entry.command.id)
    try {
      await storing(works, (along) => shelf.put(kept, along, gone))
      for (const { entry } of works) this.#owed.delete(entry.command.id)
      if (this.#owed.size === 0) this.#failures = 0
      return true
    } catch {
      for (const work of works) if (work.entry.state === 'settled') this.#owed.set(work.entry.command.id, work)
      if (this.#owed.size > 0 && !this.#isClosed) this.#tryLater()
      return false
    }
  }

  #tryLater(): void {
    const { ports, inTurn } = this.#options
    this.#failures += 1
    this.#cancelRetry()
    this.#cancelRetry = ports.after(backoffMs(this.#failures, ports.unit()), () => inTurn(() => this.#writeOwed()))
  }
}
