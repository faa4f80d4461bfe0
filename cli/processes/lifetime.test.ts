// A server that has stopped, in a process of its own.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

describe('a process that was told to stop', () => {
  it('ends when its server has stopped, whatever timers a library has left behind', async () => {
    const module = JSON.stringify(new URL('lifetime.ts', import.meta.url).href)
    const program = `
      import { stopWithin } from ${module}
      setTimeout(() => console.log('waited for the timer'), 25_000)
      await stopWithin(async () => console.log('stopped'), () => console.log('late'))`
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])
    expect((await run).stdout).toBe('stopped\n')
  })
})
