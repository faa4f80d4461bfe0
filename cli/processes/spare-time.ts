// Collects young garbage while nobody waits for an answer. Left to itself the engine does so when its young generation is full, which
// is always while a request is being answered: who waits for it waits longer, and what it holds is copied. An engine that
// cannot be told to collect is left to itself.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'minor' }) => void

/** A collection costs some of its time however little there is. */
const leastBytes = 4 * 1024 * 1024
/** Who makes the young generation larger wants fewer collections. */
const leastShare = 0.25

/** To be called whenever nobody waits; it returns after a collection, or at once where that would be worth little. */
export function spareTime(): () => void {
  const collect = readCollect()
  if (collect === null) return () => {}
  return () => {
    if (isWorthCollecting()) collect({ type: 'minor' })
  }
}

/** By what lies in the young generation, living or not. */
export function isWorthCollecting(): boolean {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  if (young === undefined) return false
  const { space_used_size: used, space_available_size: left } = young
  return used >= leastBytes && used >= leastShare * (used + left)
}

/** Only a context that is made while the flag stands has the function. */
function readCollect(): Collect | null {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  return typeof collect === 'function' ? (collect as Collect) : null
}
