// A cluster as operators run it: `causeway region` and `causeway gateway`, each a process with a configuration file of its own,
// as each machine has one. Knows no scenario, and what a configuration holds is the test's to say.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isReady, until } from './development.ts'

const command = fileURLToPath(new URL('../../cli/bin/causeway.js', import.meta.url))
const readyWithinMs = 60_000

interface Running {
  readonly child: ChildProcess
  readonly said: () => string
}

export class Processes {
  readonly directory: string
  readonly #running = new Map<string, Running>()

  private constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<Processes> {
    return new Processes(await mkdtemp(join(tmpdir(), 'causeway-test-')))
  }

  /** `words` of the command, such as `region us-east-1`; resolves when it is ready at `url`. */
  async start(words: string, configuration: object, url: string): Promise<void> {
    const file = join(this.directory, `${words.replaceAll(' ', '-')}.json`)
    await writeFile(file, JSON.stringify(configuration))
    const child = spawn(process.execPath, [command, ...words.split(' '), '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
    this.#running.set(words, { child, said: () => text })
    await until(`${words} is ready`, readyWithinMs, async () => {
      if (child.exitCode !== null) throw new Error(`${words} ended with ${child.exitCode}:\n${text}`)
      return isReady(url)
    })
  }

  /** What it has said since it was started last. */
  said(words: string): string {
    return this.#running.get(words)?.said() ?? ''
  }

  async stop(words: string): Promise<void> {
    const { child } = this.#running.get(words) ?? {}
    if (child === undefined || child.exitCode !== null) return
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await closed
  }

  async close(): Promise<void> {
    for (const words of this.#running.keys()) await this.stop(words)
    await rm(this.directory, { recursive: true, force: true })
  }
}
