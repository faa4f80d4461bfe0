// Processes that run seeds of one bundle, as many at once as there are. Hands seeds out one by one, so that none waits
// for a slow one, and stops handing out when told to. Knows nothing of what a seed does.

import { type ChildProcess, fork } from 'node:child_process'
import type { RunOptions } from './simulate.ts'

export interface Told {
  readonly seed: number
  readonly run: Omit<RunOptions, 'seed'>
}

export interface Failure {
  /** What must never happen did, or what should have happened did not. */
  readonly kind: 'safety' | 'liveness'
  readonly rule: string
  /** The line that runs it again and the trace, too. */
  readonly words: string
}

export interface Verdict {
  readonly seed: number
  readonly commands: number
  /** Null where all that is checked held. */
  readonly failure: Failure | null
}

/**
 * A run allocates about a hundred megabytes and keeps a few: with room for many of them between two collections, a tenth
 * of the time is saved.
 */
const execArgv = ['--max-semi-space-size=64', '--min-semi-space-size=64', '--enable-source-maps']

export class Workers {
  readonly #children: ChildProcess[]

  constructor(bundle: string, count: number) {
    this.#children = Array.from({ length: count }, () =>
      fork(bundle, [], { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    )
  }

  /** Each seed's verdict as it comes; no seed is begun once `judge` has answered that it is enough. */
  async run(seeds: Iterable<number>, run: Told['run'], judge: (verdict: Verdict) => 'go on' | 'enough'): Promise<void> {
    const queue = seeds[Symbol.iterator]()
    let isEnough = false
    const drive = async (child: ChildProcess): Promise<void> => {
      for (let next = queue.next(); next.done !== true && !isEnough; next = queue.next()) {
        if (judge(await ask(child, { seed: next.value, run })) === 'enough') isEnough = true
      }
    }
    await Promise.all(this.#children.map(drive))
  }

  close(): void {
    for (const child of this.#children) if (child.connected) child.disconnect()
  }
}

/** A seed that never ends is another failure, told by name: the process is ended, with all that it would still have run. */
const seedLimitMs = 180_000

function ask(child: ChildProcess, told: Told): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(limit)
      child.off('message', hear)
      child.off('exit', leave)
    }
    const hear = (verdict: Verdict) => {
      end()
      resolve(verdict)
    }
    const leave = () => {
      end()
      reject(new Error(`the process that ran seed ${told.seed} has ended`))
    }
    const limit = setTimeout(() => {
      child.kill('SIGKILL')
      end()
      reject(new Error(`seed ${told.seed} did not end within ${seedLimitMs} ms`))
    }, seedLimitMs)
    child.on('message', hear)
    child.on('exit', leave)
    if (!child.connected) leave()
    else child.send(told)
  })
}
