import type { Head } from '@causeway/db/store'
import { describe, expect, it } from 'vitest'
import { Progress } from './progress.ts'

function setUp() {
  let nowMs = 1_000
  const alarms: { atMs: number; call: () => void }[] = []
  const ports = {
    clock: { now: () => nowMs },
    timers: {
      after: (delayMs: number, call: () => void) => {
        const alarm = { atMs: nowMs + delayMs, call }
        alarms.push(alarm)
        return () => void alarms.splice(alarms.indexOf(alarm), 1)
      },
    },
  }
  const pass = (ms: number) => {
    nowMs += ms
    for (const alarm of alarms.filter(({ atMs }) => atMs <= nowMs)) alarm.call()
  }
  const head = (position: number, more: Partial<Head>): Head => ({ ...first, position, ...more })
  return { progress: new Progress(first, ['eu', 'us'], ports), pass, head, alarms }
}

const hash = (byte: number) => new Uint8Array(32).fill(byte)

const first: Head = {
  region: 'eu',
  origin: 'eu',
  sequence: 0,
  hash: new Uint8Array(32),
  time: { wallMs: 0, counter: 0 },
  frontier: {},
  position: 0,
  memberClocks: {},
  chainHashes: {},
  significant: {},
  fences: { retires: [], votes: [] },
  repairs: 0,
}

describe('waiting for the region to get somewhere', () => {
  it('a reader with a token waits until it is applied', async () => {
    const { progress, head, alarms } = setUp()
    const reached = progress.reach({ us: 3 }, 2_000)
    progress.moved(head(1, { frontier: { us: 2 } }))
    progress.moved(head(2, { frontier: { us: 3 } }))
    expect(await reached).toBe(true)
    expect(alarms).toEqual([])
  })

  it('a reader whose deadline passes is told so', async () => {
    const { progress, pass } = setUp()
    const reached = progress.reach({ us: 3 }, 2_000)
    pass(1_000)
    expect(await reached).toBe(false)
    expect(await progress.reach({ us: 3 }, 2_000)).toBe(false)
  })

  it('C6 S7 W4: another node of the region that gives the name of a forked log to the other one is heard, though no commit says so', () => {
    const { progress, head } = setUp()
    const held = head(2, { frontier: { ap: 1, eu: 1 }, chainHashes: { ap: hash(3), 'ap~1': hash(1), eu: hash(9) } })
    progress.moved(held)
    expect(progress.lacks({ ...held, chainHashes: { ...held.chainHashes } })).toBe(false)
    expect(progress.lacks({ ...held, frontier: { ap: 2, eu: 1 } })).toBe(true)
    // Of two logs that go as far, only their ends tell which one it is; and a head that was read before comes late.
    const renamed = { ...held, chainHashes: { ap: hash(1), 'ap~3': hash(3), eu: hash(9) } }
    expect(progress.lacks(renamed)).toBe(true)
    progress.moved(renamed)
    expect(progress.lacks(held)).toBe(false)
    expect(progress.lacks(head(1, {}))).toBe(false)
  })

  it('I3: a refusal is stable when every member has shown to hold it', async () => {
    const { progress, head } = setUp()
    const stable = progress.stable({ origin: 'eu', sequence: 1 }, 2_000)
    progress.moved(head(1, { frontier: { eu: 1 } }))
    progress.moved(head(2, { frontier: { eu: 1, us: 1 }, memberClocks: { us: { eu: 1, us: 1 } } }))
    expect(await stable).toBe(true)
  })

  it('an older head that comes late changes nothing; a new incarnation does', () => {
    const { progress, head } = setUp()
    progress.moved(head(5, { frontier: { us: 5 } }))
    progress.moved(head(4, { frontier: { us: 4 } }))
    expect(progress.head.position).toBe(5)
    progress.moved(head(5, { origin: 'eu@2' }))
    expect(progress.head.origin).toBe('eu@2')
  })
})
