// regionsChanged as a region sees it: itself and its links, looked at once a second.

import { sleep } from '../../ports.ts'
import type { RequestContext } from '../context.ts'
import { regionSources } from '../resolvers/cluster.ts'
import { closable, type Emission } from './stream.ts'

const lookEveryMs = 1_000

export function regionChanges(
  context: RequestContext,
): AsyncIterableIterator<Emission<ReturnType<typeof regionSources>>> {
  const { region, ports } = context
  return closable(async function* (signal) {
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    let shown = ''
    while (!signal.aborted) {
      const value = regionSources(region, ports.clock.now())
      const picture = JSON.stringify(value)
      if (picture !== shown) {
        shown = picture
        yield { value, token: region.frontier() }
      }
      await Promise.race([sleep(ports.timers, lookEveryMs), ended])
    }
  })
}
