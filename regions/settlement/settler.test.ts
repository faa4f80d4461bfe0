// What the settler reads of its store to settle what is owed, where much of that cannot be settled yet.

import { createMemoryDatabase } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import type { Head, Obligation, Store } from '@causeway/db/store'
import { expect, it } from 'vitest'
import { emptySet } from '../committer/flush.ts'
import { Settler } from './settler.ts'

const region = 'eu-west-1'

class Desk {
  readonly store = createMemoryStore({ region, database: createMemoryDatabase(region) })
  readonly settled: string[] = []
  readonly tried: string[] = []
  /** Lets what is slow be settled. */
  release: () => void = () => {}
  /** Rows that the store has told. */
  rows = 0
  #head: Head | null = null
  #timers: (() => void)[] = []
  readonly settler: Settler

  constructor() {
    const obligations: Store['obligations'] = async (...asked) => {
      const found = await this.store.obligations(...asked)
      this.rows += found.length
      return found
    }
    const after = (_: number, call: () => void) => {
      this.#timers.push(call)
      return () => {}
    }
    const none = () => {}
    this.settler = new Settler({
      store: { obligations },
      members: [region, 'us-east-1'],
      ports: {
        clock: { now: () => 0 },
        timers: { after },
        random: { bytes: (length) => new Uint8Array(length), unit: () => 0 },
        logger: { debug: none, info: none, warn: none, error: none },
      },
      head: () => {
        if (this.#head === null) throw new Error('not open')
        return this.#head
      },
      settle: (obligation) => this.#settle(obligation),
    })
  }

  async owe(ids: readonly string[]): Promise<void> {
    const newObligations = ids.map((id) => ({ subject: 'order' as const, id, item: '', waitsFor: null }))
    await this.store.transact(({ head, write }) => {
      this.#head = head
      return write({ ...emptySet(head), newObligations })
    })
  }

  /** Until `count` have been settled in all. */
  async reaches(count: number): Promise<void> {
    await expect.poll(() => this.settled.length, { interval: 5, timeout: 20_000 }).toBe(count)
  }

  /** As if as much time had passed as anything waits for. */
  pass(): void {
    for (const call of this.#timers.splice(0)) call()
  }

  async #settle({ id, number }: Obligation): Promise<boolean> {
    this.tried.push(id)
    if (id.startsWith('debt')) return false
    if (id.startsWith('slow'))
      await new Promise<void>((resolve) => {
        this.release = resolve
      })
    await this.store.transact(({ head, write }) => write({ ...emptySet(head), settledObligations: [number] }))
    this.settled.push(id)
    return true
  }
}

const named = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`)

it('I2 I4: what is owed is read once, however much of it cannot be settled yet', async () => {
  const desk = new Desk()
  await desk.owe([...named('debt', 2_000), ...named('order', 1_000)])
  desk.settler.begin()
  await desk.reaches(1_000)
  expect(desk.rows).toBe(3_000)
  for (let index = 0; index < 10; index++) {
    await desk.owe([`more-${index}`])
    desk.settler.owed()
    await desk.reaches(1_001 + index)
  }
  expect(desk.rows).toBe(3_010)
  // Debts are tried again, all of them and nothing else.
  desk.pass()
  await expect.poll(() => desk.rows).toBe(5_010)
  desk.settler.stop()
})

it('I2 S8: a debt whose time comes while something else is being settled is not forgotten', async () => {
  const desk = new Desk()
  const timesTried = (id: string) => expect.poll(() => desk.tried.filter((one) => one === id).length, { interval: 5 })
  await desk.owe(['debt'])
  desk.settler.begin()
  await timesTried('debt').toBe(1)
  await desk.owe(['slow'])
  desk.settler.owed()
  await timesTried('slow').toBe(1)
  desk.pass()
  desk.release()
  await timesTried('debt').toBe(2)
  desk.settler.stop()
})
