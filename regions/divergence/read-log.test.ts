import { expect, it } from 'vitest'
import { plainLog } from '../integrity/plain-log.testing.ts'
import { openLog, readLog, stepCommits } from './read-log.ts'

it('C9: a region that checks its log answers its callers meanwhile: few commits are checked in one go', async () => {
  const { store, crypto } = await plainLog(3 * stepCommits + 1)
  const check = await openLog(store, crypto)
  const checked: number[] = []
  const pause = async () => void checked.push(check.position)
  await readLog(store, check, 3 * stepCommits + 1, { pause })
  expect(check.flaws).toEqual([])
  expect(checked).toEqual([stepCommits, 2 * stepCommits, 3 * stepCommits, 3 * stepCommits + 1])
})
