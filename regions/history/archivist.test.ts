import { createMemoryDatabase, putOutcome } from '@causeway/db/memory/database'
import { createMemoryStore } from '@causeway/db/memory/store'
import { expect, it } from 'vitest'
import { ports } from '../http/cluster.testing.ts'
import { Archivist } from './archivist.ts'
import { defaultRetention } from './retention.ts'

it('I5 C11: however many outcomes are past their time, one round forgets them, and a region that is busy for days does not grow by them', async () => {
  const database = createMemoryDatabase('eu')
  database.head = { ...database.head, frontier: { eu: 1 } }
  const outcome = { origin: 'eu', sequence: 1, time: { wallMs: 1, counter: 0 }, inputDigest: '', accepted: true }
  const count = 30_000
  for (let key = 0; key < count; key += 1)
    putOutcome(database, { ...outcome, key: `k${key}`, command: 'placeOrder', result: {}, resent: false })
  const waits: number[] = []
  const due: (() => void)[] = []
  const timers = {
    after: (delayMs: number, call: () => void) => {
      waits.push(delayMs)
      due.push(call)
      return () => undefined
    },
  }
  const { history } = createMemoryStore({ region: 'eu', database })
  const archivist = new Archivist({
    ...{
      history,
      members: ['eu'],
      ports: { ...ports, timers },
      retention: defaultRetention,
      head: () => database.head,
    },
    folder: { step: async () => false },
  })
  archivist.start()
  while (archivist.counts.prunedOutcomes < count) {
    due.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(waits.filter((delayMs) => delayMs === defaultRetention.roundMs)).toHaveLength(1)
  await archivist.stop()
})
