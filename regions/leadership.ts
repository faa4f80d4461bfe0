// One node of a region at a time does what must be done once: receive from the peers, settle, acknowledge (W4). The
// others stand by for the lease, which is lost with its holder's database connection.

import type { Store } from '@causeway/db/store'
import { sleep, type Timers } from './ports.ts'

export interface LeadershipSetting {
  readonly store: Store
  readonly timers: Timers
  readonly begin: () => void
  /** Resolves when nothing that leads is running any more. */
  readonly end: () => Promise<void>
  /** Resolves when the node stops. */
  readonly stopped: Promise<void>
}

const retryMs = 1_000

/** Leads whenever the lease can be had, until the node stops. */
export async function lead({ store, timers, begin, end, stopped }: LeadershipSetting): Promise<void> {
  let isStopping = false
  const stopping = stopped.then(() => {
    isStopping = true
  })
  while (!isStopping) {
    const lease = await store.lease('background').catch(() => null)
    if (!lease) {
      await Promise.race([sleep(timers, retryMs), stopping])
      continue
    }
    begin()
    await Promise.race([lease.lost, stopping])
    await end()
    await lease.release().catch(() => undefined)
  }
}
