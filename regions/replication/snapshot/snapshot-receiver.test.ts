import { describe, expect, it } from 'vitest'
import { stepSnapshot } from './snapshot-receiver.ts'
import {
  farBehindEvents,
  newSnapshotState,
  type SnapshotAction,
  type SnapshotInput,
  type SnapshotState,
  snapshotTimes,
} from './snapshot-state.ts'

const peers = ['ap', 'eu', 'us']

/** A receiver with a clock, and what it has done since it was last looked at. */
class Receiver {
  state: SnapshotState = newSnapshotState
  nowMs = 1_000_000
  done: SnapshotAction[] = []
  peers: readonly string[] = peers
  readonly #lacksState: boolean

  constructor(lacksState = true) {
    this.#lacksState = lacksState
  }

  hear(...inputs: readonly SnapshotInput[]): this {
    for (const input of inputs) {
      const circle = { peers: this.peers, lacksState: this.#lacksState }
      const { state, actions } = stepSnapshot(this.state, input, circle, this.nowMs)
      this.state = state
      this.done.push(...actions)
    }
    return this
  }

  after(ms: number, ...inputs: readonly SnapshotInput[]): this {
    this.nowMs += ms
    return this.hear(...inputs)
  }

  /** What was done besides reports, which are told by `said`. */
  took(): readonly SnapshotAction[] {
    const taken = this.done.filter(({ type }) => type !== 'report')
    this.done = []
    return taken
  }

  /** Has been refused for longer than others could take to help. */
  static asking(peer = 'eu'): Receiver {
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null })
    receiver.hear({ type: 'refused', peer, events: 9 }).after(snapshotTimes.graceMs, { type: 'timer' })
    receiver.took()
    return receiver
  }

  static fetching(pages = 2): Receiver {
    const receiver = Receiver.asking().hear({ type: 'offered', id: 's1', pages }, { type: 'stored' })
    receiver.took()
    return receiver
  }

  static checking(): Receiver {
    const receiver = Receiver.fetching(0)
    receiver.took()
    return receiver
  }
}

const refused = (peer: string, events = 9): SnapshotInput => ({ type: 'refused', peer, events })
const compared = (verdict: 'same' | 'different' | 'behind' | 'making' | 'unable'): SnapshotInput => ({
  type: 'compared',
  verdict,
})
const unanswered: SnapshotInput = { type: 'unanswered', reason: 'no answer' }

describe('taking a snapshot', () => {
  it('C10: a region that one peer cannot serve waits for what others bring before it asks', () => {
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null })
    expect(receiver.took()).toEqual([{ type: 'find' }])
    expect(receiver.hear(refused('eu')).took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.graceMs }])
    receiver.after(3_000, { type: 'moved' }, refused('eu'))
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.graceMs }])
    receiver.after(snapshotTimes.graceMs - 1, { type: 'timer' })
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: 1 }])
    receiver.after(1, { type: 'timer' })
    expect(receiver.took()).toEqual([{ type: 'ask', peer: 'eu' }])
  })

  it('C10: a refusal that is not said again counts no more', () => {
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null }, refused('eu'))
    receiver.took()
    expect(receiver.after(snapshotTimes.refusalMs + 1, { type: 'timer' }).took()).toEqual([])
    expect(receiver.hear({ type: 'moved' }).state.refusals).toEqual({})
    expect(receiver.hear(refused('eu')).took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.graceMs }])
  })

  it('C10: of several peers the one that holds most is asked, and the one that failed comes last', () => {
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null })
    receiver.hear(refused('eu', 5), refused('us', 7)).took()
    receiver.after(snapshotTimes.graceMs, { type: 'timer' })
    expect(receiver.took()).toEqual([{ type: 'ask', peer: 'us' }])
    receiver.hear({ type: 'spoiled', reason: 'another layout' })
    expect(receiver.took()).toEqual([{ type: 'drop' }])
    receiver.hear({ type: 'dropped' }, refused('eu', 5), refused('us', 7))
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.restMinimumMs }])
    receiver.after(snapshotTimes.restMinimumMs, { type: 'timer' }, { type: 'found', staged: null })
    expect(receiver.took()).toEqual([{ type: 'find' }, { type: 'ask', peer: 'eu' }])
  })

  it('C10 S7: nobody asks a region that has left for one, and a region that has left asks nobody', () => {
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null })
    receiver.took()
    receiver
      .hear(refused('gone'), { type: 'apart', peer: 'gone', events: 9 })
      .after(snapshotTimes.graceMs, { type: 'timer' })
    expect(receiver.took()).toEqual([])
    const { state } = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null }, refused('eu'))
    const actions = (members: readonly string[]) =>
      stepSnapshot(state, { type: 'timer' }, { peers: members, lacksState: true }, receiver.nowMs).actions.map(
        ({ type }) => type,
      )
    expect([actions([]), actions(['eu'])]).toEqual([[], ['report', 'ask']])
  })

  it('C10: far behind, a snapshot is the shorter way, although the log would do', () => {
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null })
    receiver.took()
    receiver.hear({ type: 'behind', peer: 'eu', events: 9, behind: farBehindEvents - 1 })
    expect(receiver.took()).toEqual([])
    receiver.hear({ type: 'behind', peer: 'eu', events: 9, behind: farBehindEvents })
    expect(receiver.took()).toEqual([{ type: 'ask', peer: 'eu' }])
  })

  it('C10: a peer that is still making it is asked again, and pages are fetched one at a time', () => {
    const receiver = Receiver.asking().hear({ type: 'making' })
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.pollMs }])
    expect(receiver.after(1_000, { type: 'timer' }).took()).toEqual([{ type: 'ask', peer: 'eu' }])
    expect(receiver.hear({ type: 'offered', id: 's1', pages: 2 }).took()).toEqual([{ type: 'stage' }])
    const fetch = (number: number) => ({ type: 'fetch', peer: 'eu', id: 's1', number })
    expect(receiver.hear({ type: 'stored' }).took()).toEqual([fetch(0)])
    expect(receiver.hear({ type: 'stored' }).took()).toEqual([fetch(1)])
    expect(receiver.hear({ type: 'stored' }).took()).toEqual([{ type: 'compare', second: 'ap' }])
    expect(receiver.hear(compared('same')).took()).toEqual([{ type: 'install', checkedBy: 'ap' }])
    expect(receiver.hear({ type: 'installed' }).took()).toEqual([])
    expect(receiver.state).toMatchObject({ phase: 'idle', refusals: {} })
  })

  it('C10: after a restart it goes on behind the last page that is there', () => {
    const staged = { peer: 'us', id: 's1', pages: 9, received: 4 }
    const receiver = new Receiver().hear({ type: 'start' }, { type: 'found', staged })
    expect(receiver.took()).toEqual([{ type: 'find' }, { type: 'fetch', peer: 'us', id: 's1', number: 4 }])
    const whole = new Receiver().hear({ type: 'start' }, { type: 'found', staged: { ...staged, received: 9 } })
    expect(whole.took()).toEqual([{ type: 'find' }, { type: 'compare', second: 'ap' }])
    const strange = new Receiver().hear({ type: 'start' }, { type: 'found', staged: { ...staged, peer: 'gone' } })
    expect(strange.took()).toEqual([{ type: 'find' }, { type: 'drop' }])
  })

  it('C10: a peer that is away is tried for a while, then given up with what came from it', () => {
    const receiver = Receiver.fetching().hear({ type: 'stored' })
    receiver.took()
    expect(receiver.hear(unanswered).took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.pollMs }])
    const again = { type: 'fetch', peer: 'eu', id: 's1', number: 1 }
    expect(receiver.after(snapshotTimes.abandonMs, { type: 'timer' }).took()).toEqual([again])
    expect(receiver.hear(unanswered).took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.pollMs }])
    expect(receiver.after(1, { type: 'timer' }, unanswered).took()).toEqual([again, { type: 'drop' }])
    expect(receiver.state).toMatchObject({ phase: 'dropping', failuresOf: { eu: 1 } })
  })

  it('C10 S7: a peer that is away and retired meanwhile is waited for no longer', () => {
    for (const receiver of [Receiver.asking('us'), Receiver.fetching()]) {
      receiver.peers = ['ap']
      expect(receiver.hear(unanswered).took()).toEqual([{ type: 'drop' }])
    }
  })

  it('C10: what a second member contradicts is thrown away, loudly', () => {
    const receiver = Receiver.checking().hear(compared('different'))
    expect(receiver.done).toContainEqual({
      type: 'report',
      level: 'error',
      message: 'a snapshot is given up: ap does not hold what the snapshot of eu says: one of them is wrong',
    })
    expect(receiver.took()).toEqual([{ type: 'drop' }])
  })

  it('C10: a second member that is behind or busy is asked again, one that cannot tell makes room for the next', () => {
    const receiver = Receiver.checking().hear(compared('behind'))
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.pollMs }])
    expect(receiver.after(1_000, { type: 'timer' }, compared('making')).took()).toEqual([
      { type: 'compare', second: 'ap' },
      { type: 'wake', afterMs: snapshotTimes.pollMs },
    ])
    expect(receiver.hear(compared('unable')).took()).toEqual([{ type: 'compare', second: 'us' }])
    expect(receiver.hear(compared('unable')).took()).toEqual([{ type: 'install', checkedBy: null }])
    expect(Receiver.checking().hear(unanswered).took()).toEqual([{ type: 'compare', second: 'us' }])
  })

  it('C10 C6: what a second member has not heard of in all that time is thrown away, unless a third one has it', () => {
    const late = () => {
      const receiver = Receiver.checking().after(snapshotTimes.catchUpMs + 1, compared('behind'))
      expect(receiver.took()).toEqual([{ type: 'compare', second: 'us' }])
      return receiver
    }
    expect(late().hear(compared('same')).took()).toEqual([{ type: 'install', checkedBy: 'us' }])
    expect(late().hear(compared('unable')).took()).toEqual([{ type: 'drop' }])
    expect(late().hear(unanswered).took()).toEqual([{ type: 'drop' }])
  })

  it('C10 C6: what one peer says of itself makes no region want its state that lacks nothing', () => {
    const receiver = new Receiver(false).hear({ type: 'start' }, { type: 'found', staged: null })
    receiver.took()
    const far: SnapshotInput = { type: 'behind', peer: 'eu', events: 9, behind: farBehindEvents }
    receiver.hear(far, refused('eu')).after(snapshotTimes.graceMs, far, refused('eu'), { type: 'timer' })
    expect(receiver.took()).toEqual([])
    expect(receiver.hear({ ...far, peer: 'us' }).took()).toEqual([{ type: 'ask', peer: 'eu' }])
  })

  it('C10 C6: where nobody can say, a region takes on trust what it would lack for good, and nothing else', () => {
    const checking = (...wanting: readonly SnapshotInput[]) => {
      const receiver = new Receiver(false).hear({ type: 'start' }, { type: 'found', staged: null }, ...wanting)
      receiver.after(snapshotTimes.graceMs, ...wanting, { type: 'timer' })
      receiver.hear({ type: 'offered', id: 's1', pages: 0 }, { type: 'stored' })
      expect(receiver.took().at(-1)).toMatchObject({ type: 'compare' })
      return receiver
    }
    const some = checking(refused('eu'), refused('us')).hear(unanswered, unanswered)
    expect(some.took()).toEqual([{ type: 'compare', second: 'us' }, { type: 'drop' }])
    const all = checking(refused('eu'), refused('us'), refused('ap')).hear(unanswered, unanswered)
    expect(all.took().at(-1)).toEqual({ type: 'install', checkedBy: null })
  })

  it('C10: where the own database is away, what is staged stays and is found again, with growing pauses', () => {
    const receiver = Receiver.fetching().hear({ type: 'stuck', reason: 'the database is away' })
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: snapshotTimes.restMinimumMs }])
    expect(receiver.after(2_000, { type: 'timer' }).took()).toEqual([{ type: 'find' }])
    receiver.hear({ type: 'stuck', reason: 'the database is away' })
    expect(receiver.took()).toEqual([{ type: 'wake', afterMs: 2 * snapshotTimes.restMinimumMs }])
    for (let count = 0; count < 20; count += 1)
      receiver.hear({ type: 'timer' }, { type: 'stuck', reason: 'the database is away' })
    expect(receiver.took().at(-1)).toEqual({ type: 'wake', afterMs: snapshotTimes.restMaximumMs })
  })

  it('C10: what comes too late changes nothing', () => {
    const idle = new Receiver().hear({ type: 'start' }, { type: 'found', staged: null })
    idle.took()
    const { state } = idle
    const late: readonly SnapshotInput[] = [
      ...([compared('same'), unanswered, { type: 'stored' }, { type: 'installed' }, { type: 'making' }] as const),
      ...([{ type: 'offered', id: 's', pages: 1 }, { type: 'spoiled', reason: '' }, { type: 'dropped' }] as const),
      ...([
        { type: 'stuck', reason: '' },
        { type: 'found', staged: null },
      ] as const),
    ]
    for (const input of late) expect(idle.hear(input).state).toEqual(state)
    expect(idle.took()).toEqual([])
  })
})
