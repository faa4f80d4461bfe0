import { type FenceLog, noFences } from '@causeway/schema/fence/fence-log'
import { expect, it } from 'vitest'
import { Recollection, type RecollectionSetting } from './recollection.ts'

const word = { by: 'ap', sequence: 2, targets: ['us'], held: { us: 1 }, hashes: {} }
const told: FenceLog = { retires: [], votes: [word] }

/** eu has been restored; each peer answers what `answers` has of it, each time that a pause ends. */
function recollectionOf(answers: Record<string, FenceLog>) {
  const alarms: (() => void)[] = []
  const missed: FenceLog[] = []
  const after = (_: number, ring: () => void) => {
    alarms.push(ring)
    return () => undefined
  }
  const setting = {
    ports: { timers: { after } },
    ...{ peers: Object.keys(answers), operators: null, isNeeded: () => true, unheard: () => [], told: () => undefined },
    head: () => ({ origin: 'eu@2', fences: noFences }),
    ask: (peer: string) => Promise.resolve(answers[peer] ?? null),
    lostWords: { moved: () => undefined, miss: (log: FenceLog) => missed.push(log) },
  } as unknown as RecollectionSetting
  const recollection = new Recollection(setting)
  const settled = () =>
    new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => resolve(null)))))
  const again = async () => {
    for (const ring of alarms.splice(0)) ring()
    await settled()
  }
  return { recollection, missed, settled, again }
}

it('S7 W8: what a peer has lost with its disk a restored region goes by no longer, unless somebody tells it still', async () => {
  const answers: Record<string, FenceLog> = { ap: told, us: told }
  const { recollection, missed, settled, again } = recollectionOf(answers)
  recollection.start()
  await settled()
  expect([recollection.recalled.log.votes, [...recollection.recalled.heard]]).toEqual([[word], ['ap', 'us']])
  answers.ap = noFences
  await again()
  await again()
  expect([recollection.recalled.log.votes, [...recollection.recalled.heard].sort()]).toEqual([[word], ['ap', 'us']])
  answers.us = noFences
  await again()
  await again()
  expect([recollection.recalled.log.votes, [...recollection.recalled.heard].sort()]).toEqual([[], ['ap', 'us']])
  expect(missed).toEqual([told, told])
})
