// For tests: the pages of one storage, played in this process. Real ones stand in test/browser.

import type { Tabs } from './tabs.ts'

/** Gives the lead to the next in line, and messages to all but their teller. */
export class Hub {
  readonly #pages: HubTabs[] = []
  #last: Promise<unknown> = Promise.resolve()

  join(): HubTabs {
    const tell = (message: unknown) => {
      for (const other of this.#pages) if (other !== page) other.hear(message)
    }
    const page = new HubTabs(tell, (work) => {
      const next = this.#last.then(work)
      this.#last = next.catch(() => {})
      return next
    })
    this.#pages.push(page)
    this.#pages[0]?.lead()
    return page
  }

  /** As the browser does when a page is gone, however it went. */
  kill(page: HubTabs): void {
    this.#pages.splice(this.#pages.indexOf(page), 1)
    page.dead = true
    this.#pages[0]?.lead()
  }
}

export class HubTabs implements Tabs {
  readonly #send: (message: unknown) => void
  readonly #leadListeners: (() => void)[] = []
  readonly #listeners: ((message: unknown) => void)[] = []
  readonly missedListeners: (() => void)[] = []
  leads = false
  dead = false
  deaf = false

  readonly exclusively: Tabs['exclusively']

  constructor(send: (message: unknown) => void, exclusively: Tabs['exclusively']) {
    this.#send = send
    this.exclusively = exclusively
  }

  lead(): void {
    if (this.leads) return
    this.leads = true
    for (const listener of this.#leadListeners) listener()
  }

  hear(message: unknown): void {
    if (!this.deaf) queueMicrotask(() => this.#listeners.forEach((listener) => void listener(structuredClone(message))))
  }

  onLead = (listener: () => void) => (this.leads ? listener() : void this.#leadListeners.push(listener))
  onMessage = (listener: (message: unknown) => void) => void this.#listeners.push(listener)
  onMissed = (listener: () => void) => void this.missedListeners.push(listener)
  tell = (message: object) => (this.dead ? undefined : this.#send(message))
  leave = () => {}
}
