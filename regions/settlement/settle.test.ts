import { createMemoryStore } from '@causeway/db/memory/store'
import type { Obligation, Store } from '@causeway/db/store'
import { ruleVersion } from '@causeway/schema/commit/header'
import { expect, it } from 'vitest'
import { emptySet } from '../committer/flush.ts'
import { ports } from '../http/cluster.testing.ts'
import { knownSince, settleWith } from './settle.ts'
import { Settler } from './settler.ts'

async function owe(store: Store, subjects: readonly string[]): Promise<void> {
  const newObligations = subjects.map((subject) => ({
    subject: subject as Obligation['subject'],
    id: 'x',
    item: '',
    waitsFor: null,
  }))
  await store.transact(({ head, write }) => write({ ...emptySet(head), newObligations }))
}

const owed = async (store: Store) => (await store.obligations({}, 9)).map(({ subject }) => subject)

/** A node of another version than the one that owes. */
async function leadingNode(store: Store, said: string[]) {
  const head = await store.head()
  const logger = { ...ports.logger, warn: (_: object, message: string) => void said.push(message) }
  const settled = async ({ number }: Pick<Obligation, 'number'>): Promise<boolean> => {
    await store.transact((at) => at.write({ ...emptySet(at.head), settledObligations: [number] }))
    return true
  }
  const settle = settleWith({
    ...{ region: 'eu', store, logger, origin: () => 'eu', incidents: {} as never },
    executor: { settle: (_: object, __: object, number: number) => settled({ number }) } as never,
    writer: { settled } as never,
  })
  return new Settler({ store, members: ['eu'], ports: { ...ports, logger }, head: () => head, settle })
}

it('W4 S6: a node keeps what a newer one owes and it does not know, says so once, and settles the rest', async () => {
  const store = createMemoryStore({ region: 'eu' })
  await owe(store, ['of-a-later-release', 'order', 'of-a-later-release', 'order'])
  const said: string[] = []
  const settler = await leadingNode(store, said)
  settler.begin()
  await expect.poll(() => owed(store)).toEqual(['of-a-later-release', 'of-a-later-release'])
  settler.begin()
  await owe(store, ['order'])
  settler.owed()
  await expect.poll(() => owed(store)).toEqual(['of-a-later-release', 'of-a-later-release'])
  expect(said).toEqual(['what a newer node owes, of-a-later-release, waits for one that leads and knows of it'])
  settler.stop()
})

it('C7 S6: a kind of obligation that is added comes with rules that older nodes wait at, or these would owe nothing of it', () => {
  const kinds = Object.entries(knownSince)
  for (const [, since] of kinds) expect(since).toBeLessThanOrEqual(ruleVersion)
  // Of rule version 10 there are no more: a further kind is of a further version.
  expect(kinds.flatMap(([kind, since]) => (since <= 10 ? [kind] : []))).toEqual([
    ...['order', 'key', 'lease', 'fold', 'claim'],
    ...['late-sale', 'forked-lease', 'lost-home'],
  ])
})
