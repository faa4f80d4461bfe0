import { readCommit } from '@causeway/schema/commit/codec'
import { expect, it, onTestFinished } from 'vitest'
import { plainLog } from '../integrity/plain-log.testing.ts'
import type { LogEntry } from '../region.ts'
import { LogHub } from './log-hub.ts'

const commits = 40

/** A hub that is offered a log as its writer has made it. */
async function offered() {
  const { store } = await plainLog(commits)
  const entries = (await store.commitsAfterPosition(0, 1 << 30)).map(({ position, commit }) => ({
    ...{ position, sealed: commit, commit: readCommit(commit) },
  }))
  const hub = new LogHub(store, 0)
  const follow = async (from: number, count: number) => {
    const leaving = new AbortController()
    const found: LogEntry[] = []
    for await (const entry of hub.follow(from === 0 ? {} : { eu: from }, {}, leaving.signal)) {
      if (found.push(entry) === count) leaving.abort()
    }
    return found
  }
  onTestFinished(async () => {
    hub.stop()
    await store.close()
  })
  return { hub, entries, follow }
}

it('a subscriber gets every commit as it is, those that nobody followed and those that wait for it', async () => {
  const { hub, entries, follow } = await offered()
  hub.offer(entries.slice(0, 30))
  const following = follow(0, commits)
  hub.offer(entries.slice(30))
  const found = await following
  expect(found.map(({ position, commit }) => ({ position, commit }))).toEqual(
    entries.map(({ position, commit }) => ({ position, commit })),
  )
})

it('a node that nobody follows keeps of a commit its bytes alone, and reads one once for all who follow', async () => {
  const { hub, entries, follow } = await offered()
  hub.offer(entries.slice(0, 20))
  const following = [follow(0, commits), follow(0, commits)]
  hub.offer(entries.slice(20))
  const [one, other] = await Promise.all(following)
  expect(one?.map(({ commit }) => commit)).toEqual(entries.map(({ commit }) => commit))
  for (const [index, { commit }] of one?.entries() ?? []) expect(other?.[index]?.commit).toBe(commit)
  expect(one?.[0]?.commit).not.toBe(entries[0]?.commit)
  expect(one?.at(-1)?.commit).toBe(entries.at(-1)?.commit)
  const [again] = await follow(commits - 1, 1)
  expect(again?.commit).not.toBe(entries.at(-1)?.commit)
})
