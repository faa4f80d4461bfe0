// The outbox as an app relies on it, over every order of events that fast-check finds.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maximumCalls } from './departures.ts'
import {
  type Answer,
  loadOutbox,
  type OutboxAction,
  type OutboxInput,
  type OutboxState,
  type QueuedCommand,
  step,
} from './outbox.ts'

function command(number: number): QueuedCommand {
  return { id: `c${number}`, name: 'shipOrder', input: { id: `o${number}` }, queuedAt: number, time: '0'.repeat(13) }
}

/** One call's answer. */
function answered(id: string, answer: Answer, more: { unit?: number; replacement?: QueuedCommand } = {}): OutboxInput {
  const { unit = 0, ...rest } = more
  return { type: 'answered', answers: [{ id, answer, ...rest }], unit }
}

function sameAs({ input }: QueuedCommand, number: number): QueuedCommand {
  return { ...command(number), name: 'deliverOrder', input }
}

const accepted: Answer = { kind: 'outcome', outcome: { status: 'accepted', token: 't', data: {} } }

/** Runs inputs one after another at one time; returns the last state and all actions. */
function run(inputs: readonly OutboxInput[], start: OutboxState = loadOutbox([]), now = 1_000) {
  let state = start
  const actions: OutboxAction[] = []
  for (const input of inputs) {
    const next = step(state, input, now)
    state = next.state
    actions.push(...next.actions)
  }
  return { state, actions, sends: actions.flatMap((action) => (action.do === 'send' ? [action] : [])) }
}

describe('the outbox', () => {
  it('sends nothing while offline, and work about one thing in the order of queueing once online', () => {
    const queued = [command(1), sameAs(command(1), 2)].map((one): OutboxInput => ({ type: 'queued', command: one }))
    expect(run(queued).sends).toEqual([])
    const all = run([...queued, { type: 'online' }])
    expect(all.sends.map((send) => send.commands[0]?.id)).toEqual(['c1'])
    const { sends } = run([answered('c1', accepted)], all.state)
    expect(sends.map((send) => send.commands[0]?.id)).toEqual(['c2'])
  })

  it('notes that a command is being sent before it is sent', () => {
    const { actions } = run([{ type: 'queued', command: command(1) }, { type: 'online' }])
    expect(actions.map((action) => action.do)).toEqual(['store', 'send'])
  })

  it('marks a command as sent again once an attempt went unanswered, and only then', () => {
    const afterAnswer = (answer: Answer) =>
      run([
        { type: 'queued', command: command(1) },
        { type: 'online' },
        answered('c1', answer),
        { type: 'online' },
      ]).sends.map((send) => send.resent)
    expect(afterAnswer({ kind: 'unanswered' })).toEqual([false, true])
    expect(afterAnswer({ kind: 'pending' })).toEqual([false, true])
    expect(afterAnswer({ kind: 'unsent' })).toEqual([false, false])
  })

  it('a rejection after an unanswered attempt is no outcome: the first attempt may have run', () => {
    const { state, sends } = run([
      { type: 'queued', command: command(1) },
      { type: 'online' },
      answered('c1', { kind: 'unanswered' }),
      { type: 'online' },
      answered('c1', { kind: 'rejected', code: 'FORBIDDEN', message: '' }),
    ])
    expect(sends).toHaveLength(2)
    expect(state.entries.map((entry) => entry.state)).toEqual(['waiting'])
  })

  it('a command that was being sent when the app ended is taken up as sent again', () => {
    const before = run([{ type: 'queued', command: command(1) }, { type: 'online' }]).state
    const { sends } = run([{ type: 'online' }], loadOutbox(before.entries))
    expect(sends.map((send) => [send.commands[0]?.id, send.resent])).toEqual([['c1', true]])
  })

  it('R8: accepted work is kept until the confirmed data has it, and until the app needs it no longer', () => {
    const change = { ...command(2), name: 'change' as const }
    const inputs: OutboxInput[] = [
      { type: 'queued', command: command(1) },
      { type: 'queued', command: change },
      { type: 'online' },
    ]
    const settled = run([...inputs, answered('c1', accepted), answered('c2', accepted)]).state
    const kept = (inputs: readonly OutboxInput[]) => run(inputs, settled).state.entries.map((entry) => entry.command.id)
    const acknowledged = (is: boolean): OutboxInput => ({ type: 'acknowledged', id: 'c1', covers: () => is })
    const covered: OutboxInput = { type: 'covered', covers: () => true }
    expect(kept([acknowledged(false)])).toEqual(['c1', 'c2'])
    expect(kept([covered])).toEqual(['c1'])
    expect(kept([acknowledged(false), covered])).toEqual([])
    expect(kept([covered, acknowledged(true)])).toEqual([])
  })

  it('a change that is made anew takes the place of the refused one, unheard', () => {
    const refused: Answer = { kind: 'outcome', outcome: { status: 'refused', code: 'DEPENDS_REFUSED', message: '' } }
    const changes = [1, 2].map(
      (number): OutboxInput => ({ type: 'queued', command: { ...command(number), name: 'change' } }),
    )
    const replacement: QueuedCommand = { ...command(9), name: 'change' }
    const { state, actions } = run([...changes, { type: 'online' }, answered('c1', refused, { replacement })])
    expect(state.entries.map((entry) => entry.command.id)).toEqual(['c9', 'c2'])
    expect(actions.filter((action) => action.do === 'settle')).toEqual([])
    expect(actions).toContainEqual({ do: 'store', entries: [expect.objectContaining({ replaces: 'c1' })] })
  })

  it('waits longer after each failure, and asks to be woken then', () => {
    let now = 0
    let state = run([{ type: 'queued', command: command(1) }, { type: 'online' }], loadOutbox([]), now).state
    const delays: number[] = []
    for (let failure = 0; failure < 5; failure += 1) {
      const failed = run([answered('c1', { kind: 'unsent' })], state, now)
      const wake = failed.actions.find((action) => action.do === 'wake')
      const at = wake?.do === 'wake' ? wake.at : now
      delays.push(at - now)
      expect(run([{ type: 'woke' }], failed.state, at - 1).sends).toEqual([])
      now = at
      state = run([{ type: 'woke' }], failed.state, now).state
    }
    expect(delays).toEqual([125, 250, 500, 1000, 2000])
  })

  it('R2: every command gets exactly one outcome, those about one thing in their order, whatever happens on the way', () => {
    const answer: fc.Arbitrary<Answer> = fc.oneof(
      fc.constant(accepted),
      fc.constant<Answer>({ kind: 'outcome', outcome: { status: 'refused', code: 'OUT_OF_STOCK', message: '' } }),
      fc.constantFrom<Answer>({ kind: 'pending' }, { kind: 'unsent' }, { kind: 'unanswered' }),
      fc.constant<Answer>({ kind: 'rejected', code: 'FORBIDDEN', message: '' }),
    )
    const queue = fc.record({ things: fc.integer({ min: 0, max: 4 }), isChange: fc.boolean() })
    const reply = fc.record({ answer, which: fc.nat() })
    const happening = fc.oneof(
      { weight: 2, arbitrary: queue },
      {
        weight: 1,
        arbitrary: fc.constantFrom('online' as const, 'offline' as const, 'reload' as const, 'late' as const),
      },
      { weight: 2, arbitrary: reply },
    )
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        const device = new Device()
        for (const one of happenings) {
          device.now += 60_000
          if (typeof one === 'string') device.meets(one)
          else if ('things' in one) device.queues(one.things, one.isChange)
          else device.hears(one.answer, one.which)
        }
        device.endsWell()
      }),
      { numRuns: 300 },
    )
  })
})

/** An outbox with what has been sent and heard, and what must hold of every step. */
class Device {
  now = 0
  #state = loadOutbox([])
  readonly #queued: QueuedCommand[] = []
  readonly #settled: string[] = []
  readonly #uncertain = new Set<string>()
  #inFlight: string[][] = []

  queues(thing: number, isChange: boolean): void {
    const number = this.#queued.length + 1
    const one: QueuedCommand = isChange
      ? { ...command(number), name: 'change', input: { kind: 'cart', documentId: `d${thing}` } }
      : { ...command(number), input: { id: `d${thing}` } }
    this.#queued.push(one)
    this.#feed({ type: 'queued', command: one })
  }

  meets(what: 'online' | 'offline' | 'reload' | 'late'): void {
    if (what === 'online' || what === 'offline') this.#feed({ type: what })
    else if (what === 'late') for (const id of this.#settled) this.#feed(answered(id, { kind: 'unanswered' }))
    else {
      for (const id of this.#inFlight.flat()) this.#uncertain.add(id)
      this.#inFlight = []
      this.#state = loadOutbox(this.#state.entries)
    }
  }

  /** To one of the calls under way. */
  hears(answer: Answer, which: number): void {
    this.#feed({ type: 'woke' })
    const [call] = this.#inFlight.splice(which % Math.max(1, this.#inFlight.length), 1)
    if (call === undefined) return
    if (answer.kind === 'unanswered' || answer.kind === 'pending') for (const id of call) this.#uncertain.add(id)
    this.#feed({ type: 'answered', answers: call.map((id) => ({ id, answer })), unit: 0.5 })
  }

  endsWell(): void {
    this.#feed({ type: 'online' })
    for (let turn = 0; turn <= this.#queued.length; turn += 1) {
      this.now += 60_000
      this.hears(accepted, 0)
    }
    expect(this.#settled).toEqual([...new Set(this.#settled)])
    for (const thing of new Set(this.#queued.map(thingOf))) {
      const ids = this.#queued.filter((one) => thingOf(one) === thing).map(({ id }) => id)
      expect(this.#settled.filter((id) => ids.includes(id))).toEqual(ids)
    }
  }

  #feed(input: OutboxInput): void {
    const next = step(this.#state, input, this.now)
    this.#state = next.state
    for (const action of next.actions) {
      if (action.do === 'settle') this.#settled.push(action.id)
      if (action.do !== 'send') continue
      const ids = action.commands.map(({ id }) => id)
      expect(action.resent).toBe(ids.some((id) => this.#uncertain.has(id)))
      this.#inFlight.push(ids)
      expect(this.#inFlight.length).toBeLessThanOrEqual(maximumCalls)
      for (const one of action.commands) {
        expect(this.#settled).not.toContain(one.id)
        const before = this.#queued
          .slice(0, this.#queued.indexOf(one))
          .filter((other) => thingOf(other) === thingOf(one))
        const open = before.filter(({ id }) => !this.#settled.includes(id) && !ids.includes(id))
        expect(open).toEqual([])
      }
    }
  }
}

function thingOf({ name, input }: QueuedCommand): string {
  return name === 'change' ? `cart ${'documentId' in input && input.documentId}` : `order ${'id' in input && input.id}`
}
