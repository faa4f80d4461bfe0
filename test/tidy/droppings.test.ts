// What tools leave behind is not committed: logs of the engine, profiles, heaps, archives. Such files come in by a hasty
// `git add`, weigh on every clone for ever, and tell a reader nothing.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repository } from './sources.ts'

const droppings = /(?:\.(?:log|cpuprofile|heapsnapshot|heapprofile|tgz|tar|zip|pid|orig|rej|patch)|~)$/

/** Null in a copy of the sources that is no checkout: there is nothing to tell committed from left behind. */
const committed = existsSync(join(repository, '.git'))
  ? execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8' }).split('\0')
  : null

it('nothing is committed that a tool has left behind', () => {
  expect((committed ?? []).filter((path) => droppings.test(path))).toEqual([])
})
