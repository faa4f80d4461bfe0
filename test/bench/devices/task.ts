// What one process of the device bench is asked to do, and how it is started: each in a process of its own, so that its memory and
// its start are its own. Knows no SDK.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `directory`: where its storage is. */
export type Task =
  | { readonly do: 'load'; readonly url: string; readonly directory: string }
  | { readonly do: 'render'; readonly directory: string }
  | { readonly do: 'write'; readonly directory: string; readonly count: number }
  | {
      readonly do: 'queue'
      readonly url: string
      readonly directory: string
      readonly changes: number
      readonly commands: number
      readonly skus: number
    }
  | { readonly do: 'reconnect'; readonly url: string; readonly directory: string }
  | { readonly do: 'repo serve'; readonly directory: string; readonly documents: number }
  | { readonly do: 'repo load'; readonly url: string; readonly directory: string; readonly addresses: string }
  | { readonly do: 'repo render'; readonly directory: string; readonly addresses: string }
  | { readonly do: 'repo write'; readonly directory: string; readonly count: number }

export type Figures = Readonly<Record<string, number>>

const programs = {
  sdk: fileURLToPath(new URL('./sdk-process.ts', import.meta.url)),
  repo: fileURLToPath(new URL('./repo-process.ts', import.meta.url)),
}
/** Of one task: a slow machine needs minutes for ten thousand documents of automerge-repo. */
const maximumMs = 540_000

export interface Running {
  /** Resolves with its figures, once it has said them. */
  readonly said: Promise<Figures>
  stop(): Promise<void>
}

/** It runs the built SDK, as an app would. */
export function start(task: Task): Running {
  const program = programs[task.do.startsWith('repo') ? 'repo' : 'sdk']
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  let text = ''
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  const said = new Promise<Figures>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill()
      reject(new Error(`"${task.do}" took longer than ${maximumMs / 1_000} s: ask for less by its options`))
    }, maximumMs)
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString()
      if (!text.includes('\n')) return
      clearTimeout(late)
      resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as Figures)
    })
    child.on('exit', (code) => {
      clearTimeout(late)
      reject(new Error(`"${task.do}" ended with ${code} before it said anything`))
    })
  })
  return {
    said,
    async stop() {
      child.kill()
      await exited
    },
  }
}

export async function run(task: Task): Promise<Figures> {
  const running = start(task)
  try {
    return await running.said
  } finally {
    await running.stop()
  }
}

/** For the processes: what this one is asked to do. It ends with the bench that started it, however that ends. */
export function givenTask(): Task {
  process.stdin.resume().on('close', () => process.exit())
  return JSON.parse(process.argv[2] ?? '') as Task
}

export function say(figures: Figures): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

export function peakMegabytes(): number {
  return process.resourceUsage().maxRSS / 1_024
}
