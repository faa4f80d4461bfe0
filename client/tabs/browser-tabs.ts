// Tabs by what browsers have for it: a Web Lock, which the browser gives to the next page the moment that its holder is gone
// however it went, and a BroadcastChannel. Holds the two together and knows nothing of what they serve.

import { soloTabs, type Tabs } from './tabs.ts'

/** `name` is the same for everyone who shares the storage; undefined where nobody does. */
export function joinTabs(name: string | undefined): Tabs {
  const locks = globalThis.navigator?.locks
  if (name === undefined || locks === undefined || typeof BroadcastChannel === 'undefined') return soloTabs()
  return new BrowserTabs(name, locks)
}

class BrowserTabs implements Tabs {
  readonly #name: string
  readonly #locks: LockManager
  readonly #channel: BroadcastChannel
  readonly #leaving = new AbortController()
  readonly #onLead: (() => void)[] = []
  readonly #onMissed: (() => void)[] = []
  #leads = false
  #release: () => void = () => {}

  constructor(name: string, locks: LockManager) {
    this.#name = name
    this.#locks = locks
    this.#channel = new BroadcastChannel(name)
    const { signal } = this.#leaving
    const hold = () => {
      if (signal.aborted) return Promise.resolve()
      this.#leads = true
      for (const listener of this.#onLead) listener()
      return new Promise<void>((resolve) => {
        this.#release = resolve
      })
    }
    // Refused where this page leaves before its turn comes, and where the browser forbids locks: then it never leads.
    locks.request(name, { signal }, hold).catch(() => {})
    // A page that the browser froze, or kept aside on the way back and forth, heard nothing meanwhile.
    const missed = () => {
      for (const listener of this.#onMissed) listener()
    }
    const document = globalThis.document as Document | undefined
    document?.addEventListener('resume', missed, { signal })
    globalThis.addEventListener?.('pageshow', (event) => event.persisted && missed(), { signal })
  }

  get leads(): boolean {
    return this.#leads
  }

  onLead(listener: () => void): void {
    if (this.#leads) listener()
    else this.#onLead.push(listener)
  }

  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#locks.request(`${this.#name}/one-at-a-time`, work)
  }

  tell(message: object): void {
    if (!this.#leaving.signal.aborted) this.#channel.postMessage(message)
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#channel.addEventListener('message', (event) => listener(event.data), { signal: this.#leaving.signal })
  }

  onMissed(listener: () => void): void {
    this.#onMissed.push(listener)
  }

  leave(): void {
    this.#leaving.abort()
    this.#channel.close()
    this.#release()
    this.#leads = false
  }
}
