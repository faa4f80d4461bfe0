// When a link's second line is opened and given up. Pure. The second line brings nothing that the main one does not bring
// as well, so it is opened beside one that is open, outlives its breaks, and is not tried again for its own sake: a peer
// that cannot be reached is dialled once at a time.

import type { LinkState } from './link-receiver.ts'

export type SecondLineAction = 'start' | 'stop' | 'leave'

/** `isServed`: the peer on the main line serves a second one; known while that is open. */
export function decideSecondLine(
  main: LinkState['phase'],
  second: LinkState['phase'],
  isServed: boolean,
): SecondLineAction {
  switch (main) {
    case 'streaming':
      if (isServed) return second === 'stopped' ? 'start' : 'leave'
      return second === 'stopped' ? 'leave' : 'stop'
    case 'connecting':
    case 'waiting':
      return second === 'waiting' ? 'stop' : 'leave'
    case 'stopped':
      return second === 'stopped' ? 'leave' : 'stop'
    default:
      throw new Error(`unknown phase: ${JSON.stringify(main satisfies never)}`)
  }
}
