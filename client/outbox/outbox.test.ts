// The outbox as an app relies on it, over every order of events that fast-check finds.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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
  it('sends nothing while offline, and in the order of queueing once online', () => {
    const queued = [command(1), command(2)].map((one): OutboxInput => ({ type: 'queued', command: one }))
    expect(run(queued).sends).toEqual([])
    const all = run([...queued, { type: 'online' }, { type: 'answered', id: 'c1', answer: accepted, unit: 0 }])
    expect(all.sends.map((send) => send.commands[0]?.id)).toEqual(['c1', 'c2'])
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
        { type: 'answered', id: 'c1', answer, unit: 0 },
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
      { type: 'answered', id: 'c1', answer: { kind: 'unanswered' }, unit: 0 },
      { type: 'online' },
      { type: 'answered', id: 'c1', answer: { kind: 'rejected', code: 'FORBIDDEN', message: '' }, unit: 0 },
    ])
    expect(sends).toHaveLength(2)
    expect(state.entries.map((entry) => entry.state)).toEqual(['waiting'])
  })

  it('a command that was being sent when the app ended is taken up as sent again', () => {
    const before = run([{ type: 'queued', command: command(1) }, { type: 'online' }]).state
    const { sends } = run([{ type: 'online' }], loadOutbox(before.entries))
    expect(sends.map((send) => [send.commands[0]?.id, send.resent])).toEqual([['c1', true]])
  })

  it('changes that follow one another leave together, a command leaves alone', () => {
    const names = ['change', 'change', 'shipOrder', 'change'] as const
    const queued = names.map((name, index): OutboxInput => ({ type: 'queued', command: { ...command(index), name } }))
    const answers = ['c0', 'c1', 'c2'].map((id): OutboxInput => ({ type: 'answered', id, answer: accepted, unit: 0 }))
    const { sends } = run([...queued, { type: 'online' }, ...answers])
    expect(sends.map((send) => send.commands.map(({ id }) => id))).toEqual([['c0', 'c1'], ['c2'], ['c3']])
  })

  it('R8: accepted work is kept until the confirmed data has it, and until the app needs it no longer', () => {
    const change = { ...command(2), name: 'change' as const }
    const inputs: OutboxInput[] = [
      { type: 'queued', command: command(1) },
      { type: 'queued', command: change },
      { type: 'online' },
    ]
    const settled = run([
      ...inputs,
      { type: 'answered', id: 'c1', answer: accepted, unit: 0 },
      { type: 'answered', id: 'c2', answer: accepted, unit: 0 },
    ]).state
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
    const { state, actions } = run([
      ...changes,
      { type: 'online' },
      { type: 'answered', id: 'c1', answer: refused, unit: 0, replacement },
    ])
    expect(state.entries.map((entry) => entry.command.id)).toEqual(['c9', 'c2'])
    expect(actions.filter((action) => action.do === 'settle')).toEqual([])
    expect(actions).toContainEqual({ do: 'store', entries: [expect.objectContaining({ replaces: 'c1' })] })
  })

  it('waits longer after each failure, and asks to be woken then', () => {
    let now = 0
    let state = run([{ type: 'queued', command: command(1) }, { type: 'online' }], loadOutbox([]), now).state
    const delays: number[] = []
    for (let failure = 0; failure < 5; failure += 1) {
      const failed = run([{ type: 'answered', id: 'c1', answer: { kind: 'unsent' }, unit: 0 }], state, now)
      const wake = failed.actions.find((action) => action.do === 'wake')
      const at = wake?.do === 'wake' ? wake.at : now
      delays.push(at - now)
      expect(run([{ type: 'woke' }], failed.state, at - 1).sends).toEqual([])
      now = at
      state = run([{ type: 'woke' }], failed.state, now).state
    }
    expect(delays).toEqual([125, 250, 500, 1000, 2000])
  })

  it('R2: every command gets exactly one outcome, whatever happens on the way', () => {
    const answer: fc.Arbitrary<Answer> = fc.oneof(
      fc.constant(accepted),
      fc.constant<Answer>({ kind: 'outcome', outcome: { status: 'refused', code: 'OUT_OF_STOCK', message: '' } }),
      fc.constantFrom<Answer>({ kind: 'pending' }, { kind: 'unsent' }, { kind: 'unanswered' }),
      fc.constant<Answer>({ kind: 'rejected', code: 'FORBIDDEN', message: '' }),
    )
    const happening = fc.oneof(
      fc.constant('queue' as const),
      fc.constantFrom('online' as const, 'offline' as const, 'reload' as const, 'late' as const),
      answer,
    )
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        let state = loadOutbox([])
        let now = 0
        let queued = 0
        const settled: string[] = []
        const inFlight = new Set<string>()
        const uncertain = new Set<string>()
        const feed = (input: OutboxInput) => {
          const next = step(state, input, now)
          state = next.state
          for (const action of next.actions) {
            if (action.do === 'settle') settled.push(action.id)
            if (action.do !== 'send') continue
            expect(inFlight.size).toBe(0)
            expect(action.resent).toBe(action.commands.some(({ id }) => uncertain.has(id)))
            for (const { id } of action.commands) {
              expect(settled).not.toContain(id)
              inFlight.add(id)
            }
          }
        }
        const reply = (id: string, given: Answer) => {
          inFlight.delete(id)
          if (given.kind === 'unanswered' || given.kind === 'pending') uncertain.add(id)
          feed({ type: 'answered', id, answer: given, unit: 0.5 })
        }
        for (const one of happenings) {
          now += 60_000
          if (one === 'queue') {
            queued += 1
            feed({ type: 'queued', command: command(queued) })
          } else if (one === 'online' || one === 'offline') feed({ type: one })
          else if (one === 'late')
            for (const id of settled) feed({ type: 'answered', id, answer: { kind: 'unanswered' }, unit: 0 })
          else if (one === 'reload') {
            for (const id of inFlight) uncertain.add(id)
            inFlight.clear()
            state = loadOutbox(state.entries)
          } else {
            feed({ type: 'woke' })
            for (const id of [...inFlight]) reply(id, one)
          }
        }
        feed({ type: 'online' })
        for (let turn = 0; turn < queued + 1; turn += 1) {
          now += 60_000
          feed({ type: 'woke' })
          for (const id of [...inFlight]) reply(id, accepted)
        }
        expect(settled).toEqual([...new Set(settled)])
        expect(settled).toEqual(Array.from({ length: queued }, (_, index) => `c${index + 1}`))
      }),
    )
  })
})
