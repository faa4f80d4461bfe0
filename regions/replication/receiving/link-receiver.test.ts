import { describe, expect, it } from 'vitest'
import {
  type BreakCause,
  backoffMs,
  type LinkInput,
  type LinkState,
  linkTimes,
  maximumInbox,
  stepLink,
} from './link-receiver.ts'

const now = 50_000
const states: Record<LinkState['phase'], LinkState> = {
  stopped: { phase: 'stopped' },
  connecting: { phase: 'connecting', attempt: 2, isLastCall: false },
  streaming: { phase: 'streaming', attempt: 2, heardMs: now - 100, taking: true, inbox: 0, isLastCall: false },
  waiting: { phase: 'waiting', attempt: 3, cause: 'closed' },
}
const inputs: Record<LinkInput['type'], LinkInput> = {
  start: { type: 'start' },
  connected: { type: 'connected' },
  batch: { type: 'batch' },
  heartbeat: { type: 'heartbeat' },
  stirring: { type: 'stirring' },
  taken: { type: 'taken' },
  broken: { type: 'broken', cause: 'closed', reason: 'socket closed' },
  timer: { type: 'timer', stoodStillMs: 0, latelyMs: 0 },
  resume: { type: 'resume' },
  seen: { type: 'seen' },
  stop: { type: 'stop' },
}

/** Next phase and actions of every cell; an empty list of actions with the same phase says that the input came too late. */
const table: Record<LinkState['phase'], Record<LinkInput['type'], readonly [LinkState['phase'], ...string[]]>> = {
  stopped: {
    start: ['connecting', 'wake', 'connect'],
    connected: ['stopped'],
    batch: ['stopped'],
    heartbeat: ['stopped'],
    stirring: ['stopped'],
    taken: ['stopped'],
    broken: ['stopped'],
    timer: ['stopped'],
    resume: ['stopped'],
    seen: ['stopped'],
    stop: ['stopped'],
  },
  connecting: {
    start: ['connecting'],
    connected: ['streaming', 'wake', 'subscribe', 'pull'],
    batch: ['connecting'],
    heartbeat: ['connecting'],
    stirring: ['connecting'],
    taken: ['connecting'],
    broken: ['waiting', 'disconnect', 'report', 'wake'],
    timer: ['waiting', 'disconnect', 'report', 'wake'],
    resume: ['connecting'],
    seen: ['connecting'],
    stop: ['stopped', 'sleep', 'disconnect'],
  },
  streaming: {
    start: ['streaming'],
    connected: ['streaming'],
    batch: ['streaming', 'pull'],
    heartbeat: ['streaming', 'pull'],
    stirring: ['streaming'],
    taken: ['streaming'],
    broken: ['waiting', 'disconnect', 'report', 'wake'],
    timer: ['streaming', 'wake'],
    resume: ['connecting', 'disconnect', 'wake', 'connect'],
    seen: ['streaming'],
    stop: ['stopped', 'sleep', 'disconnect'],
  },
  waiting: {
    start: ['waiting'],
    connected: ['waiting'],
    batch: ['waiting'],
    heartbeat: ['waiting'],
    stirring: ['waiting'],
    taken: ['waiting'],
    broken: ['waiting'],
    timer: ['connecting', 'wake', 'connect'],
    resume: ['connecting', 'wake', 'connect'],
    seen: ['connecting', 'wake', 'connect'],
    stop: ['stopped', 'sleep', 'disconnect'],
  },
}

describe('receiving link', () => {
  for (const [phase, row] of Object.entries(table)) {
    for (const [type, expected] of Object.entries(row)) {
      it(`${phase}: ${type} leads to ${expected.join(', ')}`, () => {
        const step = stepLink(states[phase as LinkState['phase']], inputs[type as LinkInput['type']], now, 0.5)
        expect([step.state.phase, ...step.actions.map((action) => action.type)]).toEqual(expected)
      })
    }
  }

  it('C5: a link that says nothing for three heartbeats is broken', () => {
    const quiet = { ...states.streaming, heardMs: now - linkTimes.silenceMs } as LinkState
    const called = stepLink(quiet, inputs.timer, now, 0)
    expect(called.actions).toEqual([{ type: 'wake', afterMs: linkTimes.lastCallMs }])
    const silent = stepLink(called.state, inputs.timer, now + linkTimes.lastCallMs, 0)
    expect(silent.state).toMatchObject({ phase: 'waiting', cause: 'silent' })
  })

  it('C5: a region whose own loop stood still reads what came meanwhile before it judges', () => {
    const late = { ...states.streaming, heardMs: now - 60_000 } as LinkState
    const called = stepLink(late, inputs.timer, now, 0)
    const heard = stepLink(called.state, inputs.heartbeat, now + 1, 0)
    expect(stepLink(heard.state, inputs.timer, now + linkTimes.lastCallMs, 0).state).toMatchObject({
      phase: 'streaming',
      isLastCall: false,
    })
  })

  it('C5: a large batch that takes its time over a slow line is no silence', () => {
    const quiet = { ...states.streaming, heardMs: now - 60_000, isLastCall: true } as LinkState
    const stirred = stepLink(quiet, inputs.stirring, now, 0)
    expect(stepLink(stirred.state, inputs.timer, now, 0).state.phase).toBe('streaming')
  })

  it('C5: what comes while a batch is being applied is handed on as one, and no more than the inbox holds is pulled', () => {
    let state: LinkState = { phase: 'streaming', attempt: 0, heardMs: now, taking: false, inbox: 0, isLastCall: false }
    const actions: string[][] = []
    const put = (input: LinkInput) => {
      const step = stepLink(state, input, now, 0)
      state = step.state
      actions.push(step.actions.map((action) => action.type))
    }
    for (let batch = 0; batch <= maximumInbox; batch += 1) put(inputs.batch)
    expect(actions.shift()).toEqual(['take', 'pull'])
    expect(actions.pop()).toEqual([])
    expect(new Set(actions.map(String))).toEqual(new Set(['pull']))
    actions.length = 0
    put(inputs.taken)
    put(inputs.taken)
    expect(actions).toEqual([['take', 'pull'], []])
  })

  it('C5: a link that is not listened to, because the sink is slow, is not silent', () => {
    const full: LinkState = {
      phase: 'streaming',
      attempt: 0,
      heardMs: now - 60_000,
      taking: true,
      inbox: maximumInbox,
      isLastCall: false,
    }
    expect(stepLink(full, inputs.timer, now, 0).state.phase).toBe('streaming')
  })

  it('C5: who has stood still itself waits as much longer before it judges, and not for ever', () => {
    const quiet = (silentMs: number) =>
      ({ ...states.streaming, heardMs: now - silentMs, isLastCall: true }) as LinkState
    const look = (silentMs: number, stoodStillMs: number, latelyMs: number) =>
      stepLink(quiet(silentMs), { type: 'timer', stoodStillMs, latelyMs }, now, 0)
    expect(look(5_000, 2_500, 0)).toMatchObject({ state: { phase: 'streaming' }, actions: [{ afterMs: 500 }] })
    // Timers ring before what has come is read.
    expect(look(6_000, 2_500, 400)).toMatchObject({ state: { phase: 'streaming', isLastCall: true } })
    expect(look(6_000, 2_500, 0).state).toMatchObject({ phase: 'waiting', cause: 'silent' })
    expect(look(linkTimes.longestSilenceMs, 29_000, 400).state).toMatchObject({ phase: 'waiting', cause: 'silent' })
  })

  it('C5: who has stood still while a peer was called waits as much longer for the answer, once', () => {
    const late: LinkInput = { type: 'timer', stoodStillMs: 700, latelyMs: 0 }
    const called = stepLink(states.connecting, late, now, 0)
    expect(called).toMatchObject({ state: { phase: 'connecting' }, actions: [{ type: 'wake', afterMs: 700 }] })
    expect(stepLink(called.state, late, now, 0).state).toMatchObject({ phase: 'waiting', cause: 'unreachable' })
  })

  it('a wall clock that jumps back does not keep a silent link open for longer than one more silence', () => {
    const quiet = { heardMs: now + 3_600_000, taking: false, inbox: 0, isLastCall: false }
    const jumped = stepLink({ phase: 'streaming', attempt: 0, ...quiet }, inputs.timer, now, 0)
    expect(jumped.actions).toEqual([{ type: 'wake', afterMs: linkTimes.silenceMs }])
    const called = stepLink(jumped.state, inputs.timer, now + linkTimes.silenceMs, 0)
    expect(called.state).toMatchObject({ phase: 'streaming', isLastCall: true })
  })

  it('C6: a blamed link keeps its pause when asked to resume', () => {
    const blamed: LinkState = { phase: 'waiting', attempt: 1, cause: 'blamed' }
    expect(stepLink(blamed, inputs.resume, now, 0).state).toEqual(blamed)
  })

  it('a sign of life of the peer does not shorten the pause after a failure of our own database', () => {
    const failed: LinkState = { phase: 'waiting', attempt: 1, cause: 'sink' }
    expect(stepLink(failed, inputs.seen, now, 0).state).toEqual(failed)
  })

  it('a batch that was taken forgets the failures before it', () => {
    expect(stepLink(states.streaming, inputs.taken, now, 0).state).toMatchObject({ attempt: 0, taking: false })
  })

  it('pauses grow with the failures in a row, with jitter, and are bounded', () => {
    const causes: readonly BreakCause[] = ['unreachable', 'refused', 'closed', 'silent', 'blamed', 'sink', 'resumed']
    for (const cause of causes) {
      for (let attempt = 0; attempt < 40; attempt += 1) {
        expect(backoffMs(attempt, cause, 0)).toBeGreaterThanOrEqual(linkTimes.backoffMinimumMs / 2)
        expect(backoffMs(attempt, cause, 0.999)).toBeLessThanOrEqual(linkTimes.backoffMaximumMs)
      }
    }
    expect(backoffMs(5, 'closed', 0.9)).toBeGreaterThan(backoffMs(1, 'closed', 0.9))
  })
})
