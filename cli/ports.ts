// The real world for a node: the system's clock, timers and random numbers, and a log on stderr. Nothing else binds them.

import { randomBytes } from 'node:crypto'
import type { Ports } from '@causeway/regions/ports'
import { pino } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One JSON object a line, with the process's name. */
export function makeLogger(name: string, level: LogLevel = readLevel()) {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }))
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
      bytes: (length) => new Uint8Array(randomBytes(length)),
      unit: () => Math.random(),
    },
    logger: makeLogger(name),
  }
}

function readLevel(): LogLevel {
  const wanted = process.env.CAUSEWAY_LOG
  return wanted === 'debug' || wanted === 'info' || wanted === 'warn' || wanted === 'error' ? wanted : 'info'
}
