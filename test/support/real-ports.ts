// Clock, timers and randomness of this process, for regions that tests run in it.

import { randomBytes } from 'node:crypto'
import type { Logger, Ports } from '@causeway/regions/ports'

export function realPorts(logger: Logger): Ports {
  return {
    clock: { now: () => Date.now() },
    timers: {
      after: (delayMs, call) => {
        const timer = setTimeout(call, delayMs)
        return () => clearTimeout(timer)
      },
    },
    random: { bytes: (length) => new Uint8Array(randomBytes(length)), unit: () => Math.random() },
    logger,
  }
}
