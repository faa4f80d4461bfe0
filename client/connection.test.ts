// The way to the gateways where the app itself is what is slow.

import { expect, it } from 'vitest'
import { Connection } from './connection.ts'
import { type ClientPorts, platformPorts } from './ports.ts'

/** Timers that run when the test says so. */
class HandTimers {
  readonly #waiting = new Map<number, { readonly delayMs: number; readonly call: () => void }>()
  #last = 0

  after = (delayMs: number, call: () => void): (() => void) => {
    this.#last += 1
    const number = this.#last
    this.#waiting.set(number, { delayMs, call })
    return () => void this.#waiting.delete(number)
  }

  /** Those of just this length; how many there were. */
  run(delayMs: number): number {
    const due = [...this.#waiting].filter(([, one]) => one.delayMs === delayMs)
    for (const [number, { call }] of due) {
      this.#waiting.delete(number)
      call()
    }
    return due.length
  }

  get lengths(): readonly number[] {
    return [...this.#waiting.values()].map(({ delayMs }) => delayMs)
  }
}

it('R5: an app that gives no token within 15 s costs one attempt, sends nothing without it, and may give one the next time', async () => {
  const timers = new HandTimers()
  const sent: (string | null)[] = []
  let give: (token: string) => void = () => {}
  let asked = 0
  const ports: ClientPorts = {
    ...platformPorts(),
    unit: () => 0,
    after: timers.after,
    fetch: async (_, init) => {
      sent.push(new Headers(init?.headers).get('authorization'))
      return Response.json({ data: { __typename: 'Query' } })
    },
  }
  const token = () => {
    asked += 1
    return new Promise<string>((resolve) => (give = resolve))
  }
  const connection = new Connection({ urls: ['http://shop.test/graphql'], token, ports })
  connection.connect()
  await expect.poll(() => asked).toBe(1)
  // A line asks for a token of its own.
  const line = connection.authorization()
  expect(timers.run(15_000)).toBe(2)
  await expect(line).rejects.toThrow('no token within 15000 ms')
  await expect.poll(() => timers.lengths).toEqual([125])
  expect([connection.state, sent]).toEqual(['connecting', []])
  // Too late: nobody waits for it any more.
  give('late')
  timers.run(125)
  await expect.poll(() => asked).toBe(3)
  give('in time')
  await expect.poll(() => connection.state).toBe('online')
  expect(sent).toEqual(['Bearer in time'])
  expect(timers.lengths).toEqual([])
  const request = connection.request('{ __typename }', {})
  await expect.poll(() => asked).toBe(4)
  timers.run(15_000)
  expect(await request).toEqual({ kind: 'unreachable', reason: 'no token within 15000 ms' })
  expect(sent).toHaveLength(1)
  connection.disconnect()
})
