// The pages (and workers) that share one user's storage: one of them leads, all hear what one tells. Knows neither what is
// told nor what leading means; storage is the truth, and a message only says what to look at or saves a look.

export interface Tabs {
  /** Whether this page is the one that syncs and sends. Once true it stays so until `leave`. */
  readonly leads: boolean
  /** Calls once when this page begins to lead, at once where it does already. */
  onLead(listener: () => void): void
  /** To every other page, in order per teller. Not to this one. */
  tell(message: object): void
  onMessage(listener: (message: unknown) => void): void
  /** One piece of work at a time among all pages, this one included, in the order of asking. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
  /** This page stood still and may have missed messages: look at the storage again. */
  onMissed(listener: () => void): void
  /** Lets another page lead, and is told nothing any more. */
  leave(): void
}

/** For storage that nobody shares: leads, and has nobody to tell. */
export function soloTabs(): Tabs {
  let last: Promise<unknown> = Promise.resolve()
  return {
    exclusively: (work) => {
      const next = last.then(work)
      last = next.catch(() => {})
      return next
    },
    leads: true,
    onLead: (listener) => listener(),
    tell: () => {},
    onMessage: () => {},
    onMissed: () => {},
    leave: () => {},
  }
}
