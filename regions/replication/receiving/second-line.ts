// When a link's second line is opened and given up. Pure. The second line brings nothing that the main one does not bring
// as well, so it is opened beside one that is open, outlives its breaks, and is not tried again for its own sake: a peer
// that cannot be reached is dialled once at a time. It hides what a network loses on its way: to a peer that is near
// there is little to lose, and every small commit would cost its bytes and its work twice.

import type { LinkState } from './link-receiver.ts'

/** `far`: to peers whose answers need `farMs`. */
export type SecondLines = 'far' | 'always' | 'never'

export type SecondLineAction = 'start' | 'stop' | 'leave'

/** Answers to acknowledgements since the main line was opened. The quickest of them is the distance, the others are a busy peer, too. */
export interface Distance {
  readonly answers: number
  readonly shortestMs: number
}

export const unknownDistance: Distance = Object.freeze({ answers: 0, shortestMs: Number.POSITIVE_INFINITY })

const farMs = 10
/** Before so many a peer is not called far: the first come while connections and caches are cold. */
const answersOfFar = 3

/** A clock that was set back meanwhile has measured nothing. */
export function measureDistance({ answers, shortestMs }: Distance, roundTripMs: number): Distance {
  if (roundTripMs < 0) return { answers, shortestMs }
  return { answers: answers + 1, shortestMs: Math.min(shortestMs, roundTripMs) }
}

/** Whether there is to be a second line; null while it is not known, and what is there stays. */
export function wantsSecondLine(lines: SecondLines, isServed: boolean, distance: Distance): boolean | null {
  if (lines === 'never' || !isServed) return false
  if (lines === 'always') return true
  if (distance.shortestMs < farMs) return false
  return distance.answers < answersOfFar ? null : true
}

/** `isWanted`: as `wantsSecondLine` says; looked at while the main line is open. */
export function decideSecondLine(
  main: LinkState['phase'],
  second: LinkState['phase'],
  isWanted: boolean | null,
): SecondLineAction {
  switch (main) {
    case 'streaming':
      if (isWanted === null) return 'leave'
      if (isWanted) return second === 'stopped' ? 'start' : 'leave'
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
