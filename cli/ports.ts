// The real world for a node: the system's clock, timers and random numbers, and a log on stderr. Nothing else binds them.

import { randomFillSync } from 'node:crypto'
import type { Ports } from '@causeway/regions/ports'
import { pino } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One JSON object a line, with the process's name. */
export function makeLogger(name: string, level: LogLevel = readLevel()) {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }))
}

/** Drawn from the system in larger pieces: every document written takes sixteen bytes of it. No byte is given twice. */
const pool = new Uint8Array(4096)
let used = pool.length

function randomBytes(length: number): Uint8Array {
  if (length > pool.length) return randomFillSync(new Uint8Array(length))
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += length
  return pool.slice(used - length, used)
}

export function makePorts(name: string): Ports {
  return {
    clock: { now: () => Date.now() },
    timers: {
      after(delayMs, call) {
        const timer = setTimeout(call, delayMs)
        return () => clearTimeout(timer)
      },
    },
    random: {
      bytes: randomBytes,
      unit: () => Math.random(),
    },
    logger: makeLogger(name),
  }
}

function readLevel(): LogLevel {
  const wanted = process.env.CAUSEWAY_LOG
  return wanted === 'debug' || wanted === 'info' || wanted === 'warn' || wanted === 'error' ? wanted : 'info'
}
