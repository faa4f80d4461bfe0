// What a node that has just started, and remembers nothing of the log, reads to judge commits by the clocks they name.

import { expect, it } from 'vitest'
import { ChainIndex } from './chain-index.ts'
import { plainLog } from './plain-log.testing.ts'

const commits = 50

it('C6: commits that name one another’s are judged without a read of the log for each', async () => {
  const { store } = await plainLog(commits)
  let reads = 0
  const chain = new ChainIndex({
    commitsAfterVector: (...range) => {
      reads += 1
      return store.commitsAfterVector(...range)
    },
  })
  const { frontier } = await store.head()
  const log = await store.commitsAfterPosition(0, 1_000_000)
  for (const again of [false, true]) {
    for (const { commit } of log) {
      const { hash, time, clock, lastSequence } = commit
      expect(await chain.at('eu', lastSequence, frontier), `again: ${again}`).toEqual({ hash, time, clock })
    }
  }
  expect(log).toHaveLength(commits)
  expect(reads).toBe(1)
  expect(await chain.at('eu', commits + 1, frontier)).toBe('unknown')
})
