// One node of a region at a time does what must be done once: receive from the peers, settle, acknowledge (W4). The
// others stand by for the lease, which is lost with its holder's database connection.

import type { Store } from '@causeway/db/store'
import { type Ports, sleep } from './ports.ts'

export interface LeadershipSetting {
  readonly store: Store
  readonly ports: Pick<Ports, 'timers' | 'logger'>
  readonly begin: () => void
  /** Resolves when nothing that leads is running any more. */
  readonly end: () => Promise<void>
  /** Resolves when the node stops. */
  readonly stopped: Promise<void>
}

const retryMs = 1_000

/** Leads whenever the lease can be had, until the node stops. */
export async function lead({ store, ports, begin, end, stopped }: LeadershipSetting): Promise<void> {
  const { timers, logger } = ports
  let isStopping = false
  let said = ''
  /** Each new reason once: without a node that leads a region receives and settles nothing. */
  const say = (error: unknown): null => {
    if (String(error) !== said)
      logger.warn({ error: String(error) }, 'whether this node leads cannot be told; trying again')
    said = String(error)
    return null
  }
  const stopping = stopped.then(() => {
    isStopping = true
  })
  while (!isStopping) {
    const lease = await store.lease('background').catch(say)
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
