// When a region takes a snapshot, and step by step how (C10), as a pure state machine: one thing is under way at a time,
// and what came of it is the next input. Owns no socket, no timer and no database (snapshot-driver.ts does).
//
// - It is taken where a peer says that its log no longer reaches back far enough and nobody else brings the region on, or
//   where the region is so far behind that a snapshot is the shorter way, or where it holds what nobody else will ever hold.
//   Of members only, and by members: what a retired region holds is what it brings back, and nobody else may have it (S7).
// - One peer's word alone makes no region want it that lacks nothing of its own: one that lies would offer what it likes (C6).
// - Pages come one at a time: no more than one is ever asked of the peer. What was stored is not asked for again, over
//   breaks and restarts alike.
// - Before it is installed another member says whether it holds the same. Where one says otherwise, or has not heard of all of
//   it, it is thrown away. Where nobody can say, it is installed without by a region that lacks what it had, or that nobody's
//   log brings on: what stands there is of little worth. Others keep what they have.

import type { RegionId } from '@causeway/schema/clock/origin'
import {
  type Circle,
  farBehindEvents,
  type Memory,
  type Refusal,
  type SnapshotInput,
  type SnapshotState,
  type SnapshotStep,
  snapshotTimes,
  type Taken,
} from './snapshot-state.ts'

/** The next state and what to do. Inputs that come too late change nothing. */
export function stepSnapshot(state: SnapshotState, input: SnapshotInput, circle: Circle, nowMs: number): SnapshotStep {
  switch (input.type) {
    case 'start':
      return { state: { ...memoryOf(state), phase: 'resuming' }, actions: [{ type: 'find' }] }
    case 'refused':
      return look(refuse(state, input.peer, input.events, false, nowMs), circle, nowMs)
    case 'behind':
      return input.behind < farBehindEvents
        ? stay(state)
        : look(refuse(state, input.peer, input.events, true, nowMs), circle, nowMs)
    case 'apart':
      return look(refuse(state, input.peer, input.events, true, nowMs), circle, nowMs)
    case 'moved':
      return stay({ ...state, movedMs: nowMs, refusals: standing(state, nowMs) })
    case 'timer':
      return onTimer(state, circle, nowMs)
    case 'found':
      return state.phase === 'resuming' ? onFound(state, input.staged, circle, nowMs) : stay(state)
    case 'offered':
      return state.phase === 'asking'
        ? {
            state: { ...memoryOf(state), phase: 'staging', peer: state.peer, id: input.id, pages: input.pages },
            actions: [{ type: 'stage' }],
          }
        : stay(state)
    case 'making':
      return state.phase === 'asking' ? onMaking(state, nowMs) : stay(state)
    case 'unanswered':
      return onUnanswered(state, input.reason, circle, nowMs)
    case 'stuck':
      return state.phase === 'idle' || state.phase === 'resting' ? stay(state) : rest(state, input.reason)
    case 'spoiled':
      return state.phase === 'idle' || state.phase === 'resting' ? stay(state) : giveUp(state, input.reason)
    case 'stored':
      return onStored(state, circle, nowMs)
    case 'compared':
      return state.phase === 'checking' ? onCompared(state, input.verdict, circle, nowMs) : stay(state)
    case 'installed':
      return state.phase === 'installing' ? onInstalled(state) : stay(state)
    case 'dropped':
      return state.phase === 'dropping' ? rest(state, null) : stay(state)
    default:
      throw new Error(`unknown input: ${JSON.stringify(input satisfies never)}`)
  }
}

function stay(state: SnapshotState): SnapshotStep {
  return { state, actions: [] }
}

function memoryOf({ refusals, movedMs, failuresOf, failures }: Memory): Memory {
  return { refusals, movedMs, failuresOf, failures }
}

function refuse(state: SnapshotState, peer: RegionId, events: number, isFar: boolean, nowMs: number): SnapshotState {
  const known = state.refusals[peer]
  const isFresh = known === undefined || nowMs - known.lastMs > snapshotTimes.refusalMs
  const refusal = { sinceMs: isFresh ? nowMs : known.sinceMs, lastMs: nowMs, events, isFar }
  return { ...state, refusals: { ...state.refusals, [peer]: refusal } }
}

/** Those that are still said. */
function standing({ refusals }: Memory, nowMs: number): Memory['refusals'] {
  const { refusalMs } = snapshotTimes
  return Object.fromEntries(Object.entries(refusals).filter(([, { lastMs }]) => nowMs - lastMs <= refusalMs))
}

/** Where nothing is under way: whether the time has come, and whom to ask. */
function look(state: SnapshotState, circle: Circle, nowMs: number): SnapshotStep {
  if (state.phase !== 'idle') return stay(state)
  const { graceMs } = snapshotTimes
  const { peers, lacksState } = circle
  const refusals = Object.entries(standing(state, nowMs)).filter(([peer]) => peers.includes(peer))
  if (refusals.length < 2 && peers.length > 1 && !lacksState) return stay(state)
  const dueAtMs = ({ sinceMs, isFar }: Refusal) => (isFar ? sinceMs : Math.max(sinceMs, state.movedMs) + graceMs)
  const due = refusals.filter(([, refusal]) => dueAtMs(refusal) <= nowMs)
  const [chosen] = due.sort(
    ([left, one], [right, other]) =>
      (state.failuresOf[left] ?? 0) - (state.failuresOf[right] ?? 0) ||
      other.events - one.events ||
      (left < right ? -1 : 1),
  )
  if (chosen !== undefined) return ask(state, chosen[0], nowMs)
  if (refusals.length === 0) return stay(state)
  const nextMs = Math.min(...refusals.map(([, refusal]) => dueAtMs(refusal)))
  return { state, actions: [{ type: 'wake', afterMs: Math.max(1, nextMs - nowMs) }] }
}

function ask(state: SnapshotState, peer: RegionId, nowMs: number): SnapshotStep {
  const message = `the log of ${peer} does not bring this region up to date; asking it for a snapshot`
  return {
    state: { ...memoryOf(state), phase: 'asking', peer, sinceMs: nowMs, failedSinceMs: null },
    actions: [
      { type: 'report', level: 'warn', message },
      { type: 'ask', peer },
    ],
  }
}

function onFound(
  state: SnapshotState,
  staged: (Taken & { readonly received: number }) | null,
  circle: Circle,
  nowMs: number,
): SnapshotStep {
  const memory = memoryOf(state)
  if (staged === null) return look({ ...memory, phase: 'idle' }, circle, nowMs)
  const { peer, id, pages, received } = staged
  if (!circle.peers.includes(peer)) return giveUp({ ...memory, phase: 'resuming' }, `${peer} is no member any more`)
  return fetch({ ...memory, phase: 'fetching', peer, id, pages, next: received, failedSinceMs: null }, circle, nowMs)
}

function onMaking(state: Extract<SnapshotState, { phase: 'asking' }>, nowMs: number): SnapshotStep {
  if (nowMs - state.sinceMs > snapshotTimes.makingMs)
    return giveUp(state, `${state.peer} does not get its snapshot made`)
  return { state: { ...state, failedSinceMs: null }, actions: [{ type: 'wake', afterMs: snapshotTimes.pollMs }] }
}

type Fetching = Extract<SnapshotState, { phase: 'fetching' }>

/** The next page, or, after the last, the check. */
function fetch(state: Fetching, circle: Circle, nowMs: number): SnapshotStep {
  const { peer, id, pages, next } = state
  if (next < pages) return { state, actions: [{ type: 'fetch', peer, id, number: next }] }
  const others = circle.peers.filter((other) => other !== peer).sort()
  return check(state, others, false, circle, nowMs)
}

function check(
  state: SnapshotState & Taken,
  candidates: readonly RegionId[],
  isDoubted: boolean,
  circle: Circle,
  nowMs: number,
): SnapshotStep {
  const [second, ...left] = candidates
  const { peer, id, pages } = state
  const taken = { ...memoryOf(state), peer, id, pages }
  if (second !== undefined) {
    return {
      state: { ...taken, phase: 'checking', second, left, sinceMs: nowMs, isDoubted },
      actions: [{ type: 'compare', second }],
    }
  }
  if (isDoubted) return giveUp(state, `no other member has heard of all that the snapshot of ${peer} holds`)
  if (!isOfLittleWorth(state, circle, nowMs))
    return giveUp(state, `no other member says that it holds what the snapshot of ${peer} says, and the log may do`)
  const message = `no second member can say whether the snapshot of ${peer} is right; it is installed unchecked`
  return {
    state: { ...taken, phase: 'installing', checkedBy: null },
    actions: [
      { type: 'report', level: 'warn', message },
      { type: 'install', checkedBy: null },
    ],
  }
}

/** What stands here: a region may take another's word for what is to take its place. */
function isOfLittleWorth(state: Memory, { peers, lacksState }: Circle, nowMs: number): boolean {
  const refusals = standing(state, nowMs)
  return lacksState || peers.length < 2 || peers.every((peer) => refusals[peer]?.isFar === false)
}

function onStored(state: SnapshotState, circle: Circle, nowMs: number): SnapshotStep {
  if (state.phase === 'staging') {
    const { peer, id, pages } = state
    const fetching = { ...memoryOf(state), phase: 'fetching' as const, peer, id, pages, next: 0, failedSinceMs: null }
    return fetch(fetching, circle, nowMs)
  }
  if (state.phase !== 'fetching') return stay(state)
  return fetch({ ...state, next: state.next + 1, failedSinceMs: null }, circle, nowMs)
}

function onUnanswered(state: SnapshotState, reason: string, circle: Circle, nowMs: number): SnapshotStep {
  if (state.phase === 'checking') return check(state, state.left, state.isDoubted, circle, nowMs)
  if (state.phase !== 'asking' && state.phase !== 'fetching') return stay(state)
  // Retired meanwhile, and most likely gone for good: whoever waits for its state waits with all that hangs on this region's word.
  if (!circle.peers.includes(state.peer)) return giveUp(state, `${state.peer} is no member any more`)
  const failedSinceMs = state.failedSinceMs ?? nowMs
  if (nowMs - failedSinceMs > snapshotTimes.abandonMs) return giveUp(state, `${state.peer} is away: ${reason}`)
  return { state: { ...state, failedSinceMs }, actions: [{ type: 'wake', afterMs: snapshotTimes.pollMs }] }
}

function onCompared(
  state: Extract<SnapshotState, { phase: 'checking' }>,
  verdict: Extract<SnapshotInput, { type: 'compared' }>['verdict'],
  circle: Circle,
  nowMs: number,
): SnapshotStep {
  const { second, left, peer, id, pages } = state
  const waitedMs = nowMs - state.sinceMs
  switch (verdict) {
    case 'same':
      return {
        state: { ...memoryOf(state), phase: 'installing', peer, id, pages, checkedBy: second },
        actions: [{ type: 'install', checkedBy: second }],
      }
    case 'different':
      return giveUp(state, `${second} does not hold what the snapshot of ${peer} says: one of them is wrong`, 'error')
    case 'behind':
    case 'making': {
      const limitMs = verdict === 'behind' ? snapshotTimes.catchUpMs : snapshotTimes.makingMs
      const isDoubted = state.isDoubted || verdict === 'behind'
      if (waitedMs > limitMs) return check(state, left, isDoubted, circle, nowMs)
      return { state, actions: [{ type: 'wake', afterMs: snapshotTimes.pollMs }] }
    }
    case 'unable':
      return check(state, left, state.isDoubted, circle, nowMs)
    default:
      throw new Error(`unknown verdict: ${JSON.stringify(verdict satisfies never)}`)
  }
}

function onInstalled(state: Extract<SnapshotState, { phase: 'installing' }>): SnapshotStep {
  const { peer, checkedBy } = state
  const message = `the snapshot of ${peer} is installed${checkedBy === null ? '' : `, as ${checkedBy} has it, too`}`
  return {
    state: { phase: 'idle', refusals: {}, movedMs: state.movedMs, failuresOf: {}, failures: 0 },
    actions: [{ type: 'report', level: 'info', message }],
  }
}

/** What is staged is thrown away, and after a rest all is looked at anew. */
function giveUp(state: SnapshotState, reason: string, level: 'warn' | 'error' = 'warn'): SnapshotStep {
  const memory = memoryOf(state)
  const failuresOf =
    'peer' in state
      ? { ...memory.failuresOf, [state.peer]: (memory.failuresOf[state.peer] ?? 0) + 1 }
      : memory.failuresOf
  return {
    state: { ...memory, failuresOf, phase: 'dropping', reason },
    actions: [{ type: 'report', level, message: `a snapshot is given up: ${reason}` }, { type: 'drop' }],
  }
}

function rest(state: SnapshotState, reason: string | null): SnapshotStep {
  const { restMinimumMs, restMaximumMs } = snapshotTimes
  const afterMs = Math.min(restMaximumMs, restMinimumMs * 2 ** Math.min(state.failures, 16))
  const message = `taking in a snapshot waits for ${afterMs} ms: ${reason}`
  const report = reason === null ? [] : [{ type: 'report' as const, level: 'warn' as const, message }]
  return {
    state: { ...memoryOf(state), phase: 'resting', failures: state.failures + 1 },
    actions: [...report, { type: 'wake', afterMs }],
  }
}

function onTimer(state: SnapshotState, circle: Circle, nowMs: number): SnapshotStep {
  switch (state.phase) {
    case 'idle':
      return look(state, circle, nowMs)
    case 'resting':
      return { state: { ...memoryOf(state), phase: 'resuming' }, actions: [{ type: 'find' }] }
    case 'asking':
      return { state, actions: [{ type: 'ask', peer: state.peer }] }
    case 'fetching':
      return { state, actions: [{ type: 'fetch', peer: state.peer, id: state.id, number: state.next }] }
    case 'checking':
      return { state, actions: [{ type: 'compare', second: state.second }] }
    case 'resuming':
    case 'staging':
    case 'installing':
    case 'dropping':
      return stay(state)
    default:
      throw new Error(`unknown state: ${JSON.stringify(state satisfies never)}`)
  }
}
