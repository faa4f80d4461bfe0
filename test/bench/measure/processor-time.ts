// How much processor time processes have used, from /proc: of one process, and of a server with all its children.
// Linux alone; knows nothing of what the processes do.

import { readdir, readFile } from 'node:fs/promises'

/** What the kernel counts in: USER_HZ, 100 on every Linux that Node runs on. */
const msPerTick = 10

interface Times {
  readonly parent: number
  readonly ownMs: number
  /** Of children that have ended and were waited for. */
  readonly endedMs: number
}

/** User and system time of a process so far, all its threads together; milliseconds. Throws where it is gone. */
export async function processMs(pid: number): Promise<number> {
  return (await timesOf(`/proc/${pid}/stat`)).ownMs
}

/** The part of `processMs` that its first thread used: a node's JavaScript. */
export async function firstThreadMs(pid: number): Promise<number> {
  return (await timesOf(`/proc/${pid}/task/${pid}/stat`)).ownMs
}

/** Of a server and every child it has or had: a Postgres with all its backends. */
export async function familyMs(pid: number): Promise<number> {
  const { ownMs, endedMs } = await timesOf(`/proc/${pid}/stat`)
  let sum = ownMs + endedMs
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // One that ended since the folder was read is counted by its parent the next time.
    const child = await timesOf(`/proc/${name}/stat`).catch(() => null)
    if (child?.parent === pid) sum += child.ownMs + child.endedMs
  }
  return sum
}

async function timesOf(path: string): Promise<Times> {
  const text = await readFile(path, 'utf8')
  // The name of the program stands in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = (index: number) => Number(fields[index]) * msPerTick
  return { parent: Number(fields[1]), ownMs: ticks(11) + ticks(12), endedMs: ticks(13) + ticks(14) }
}
