import { expect, it } from 'vitest'
import type { PeerConnection, RightsReply } from './peer.ts'
import { PeerCalls } from './peer-calls.ts'

const request = { requestId: 'r1', to: 'eu', items: [] }
const reply: RightsReply = { items: [{ sku: 'mug', units: 1 }], position: null }

/** A node that holds no links; `answers`: how many questions are answered on each of its connections, in turn. */
function callsOver(answers: readonly number[]) {
  let opened = 0
  let closed = 0
  let nowMs = 0
  const alarms = new Map<object, { atMs: number; call: () => void }>()
  const connect = async () => {
    let left = answers[opened++] ?? 0
    const ask = <Answer>(answer: Answer) => {
      left -= 1
      return left >= 0 ? Promise.resolve(answer) : new Promise<Answer>(() => {})
    }
    return {
      requestRights: () => ask(reply),
      standing: () => ask({ frontier: {}, time: { wallMs: 1, counter: 0 } }),
      close: () => {
        closed += 1
      },
    } as unknown as PeerConnection
  }
  const calls = new PeerCalls({
    transport: { connect },
    timers: {
      after(delayMs, call) {
        const alarm = {}
        alarms.set(alarm, { atMs: nowMs + delayMs, call })
        return () => void alarms.delete(alarm)
      },
    },
    links: {
      requestRights: () => Promise.reject(new Error('this node holds no links')),
      standing: () => Promise.reject(new Error('this node holds no links')),
    },
    hello: async () => ({}) as never,
    isLeading: () => false,
  })
  const pass = async (durationMs: number) => {
    const untilMs = nowMs + durationMs
    for (;;) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      const [due] = [...alarms].filter(([, { atMs }]) => atMs <= untilMs).sort(([, a], [, b]) => a.atMs - b.atMs)
      if (due === undefined) break
      alarms.delete(due[0])
      nowMs = due[1].atMs
      due[1].call()
    }
    nowMs = untilMs
  }
  const counts = () => ({ opened, closed })
  return { calls, pass, counts }
}

it('S4: a request for rights over a kept connection that brings nothing back any more goes over a new one', async () => {
  const { calls, pass, counts } = callsOver([1, 1])
  expect(await calls.requestRights('us', request)).toEqual(reply)
  const asked = calls.requestRights('us', request)
  await pass(1_999)
  expect(counts()).toEqual({ opened: 1, closed: 0 })
  await pass(1)
  expect(await asked).toEqual(reply)
  expect(counts()).toEqual({ opened: 2, closed: 1 })
  await pass(30_000)
  expect(counts()).toEqual({ opened: 2, closed: 2 })
})

it('Q3: neither does a question where a peer stands hang on such a connection', async () => {
  const { calls, pass, counts } = callsOver([0, 1])
  const asked = calls.standing('us')
  asked.catch(() => undefined)
  await pass(5_000)
  await expect(asked).rejects.toThrow('no answer')
  expect(await calls.standing('us')).toMatchObject({ frontier: {} })
  expect(counts()).toEqual({ opened: 2, closed: 1 })
})
