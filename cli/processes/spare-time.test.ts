// What a process does while nobody waits, of the engine's own collections.

import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { isWorthCollecting, spareTime } from './spare-time.ts'

/** Until there is enough; what is kept for a while makes the young generation grow. */
function litter(): void {
  let kept: number[][] = []
  for (let round = 0; !isWorthCollecting() && round < 200_000; round += 1) {
    kept.push(Array.from({ length: 32 }, (_, index) => index + 0.5))
    if (kept.length > 20_000) kept = []
  }
  expect(isWorthCollecting()).toBe(true)
}

it('young garbage is collected while nobody waits, and where there is little it is left alone', async () => {
  const collections: PerformanceEntry[] = []
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  const idle = spareTime()
  litter()
  const marks = [performance.now()]
  for (let call = 0; call < 2; call += 1) {
    idle()
    marks.push(performance.now())
  }
  const between = (from = 0, to = 0) => collections.filter(({ startTime }) => startTime >= from && startTime < to)
  for (let turn = 0; turn < 100 && between(marks[0], marks[1]).length === 0; turn += 1) await delay(10)
  observer.disconnect()
  expect(between(marks[0], marks[1])).toHaveLength(1)
  expect(between(marks[1], marks[2])).toEqual([])
})

it('nothing else of the process is given the means to collect', () => {
  spareTime()
  expect('gc' in globalThis).toBe(false)
})
