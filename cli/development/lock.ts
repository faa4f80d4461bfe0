// One `causeway dev` at a time on a data folder: a file with the process's id, made exclusively. What a dead process
// left is taken over.

import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { codeOf, Failure } from '../failure.ts'

export interface Lock {
  /** An earlier holder died without giving it back: what it started may still be stopping. */
  readonly tookOver: boolean
  release(): void
}

const attempts = 3

export function takeLock(file: string, directory: string): Lock {
  let tookOver = false
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
      return { tookOver, release: () => release(file) }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = readHolder(file)
    if (holder !== null && holder !== process.pid && isRunningCauseway(holder)) {
      throw new Failure(
        `another causeway dev (process ${holder}) is running on ${directory}; stop it first, or choose another folder with --data`,
      )
    }
    tookOver = true
    remove(file)
  }
  throw new Failure(`cannot take the lock ${file}: another process takes it at the same time`)
}

function release(file: string): void {
  if (readHolder(file) === process.pid) remove(file)
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function readHolder(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** The id may have been taken by another program since, after a reboot above all; Linux tells. */
function isRunningCauseway(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('causeway')
  } catch {
    return true
  }
}
