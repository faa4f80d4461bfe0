import { expect, it } from 'vitest'
import { SuspensionWatch } from './suspension-watch.ts'

it('C6 W4: a node that leads again before its last look is over looks again once at a time, and reads anew what is held', async () => {
  const opening: (() => void)[] = []
  const alarms = new Set<() => void>()
  const watch = new SuspensionWatch({
    custody: {
      open: () => new Promise((resolve) => opening.push(resolve)),
      review: async () => [],
      suspended: new Set(),
    },
    ingest: { suspend: () => {}, lift: () => {} },
    chain: { clear: () => {} },
    ports: {
      timers: {
        after: (_, call) => {
          alarms.add(call)
          return () => alarms.delete(call)
        },
      },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    },
  })
  watch.start()
  watch.stop()
  watch.start()
  expect(opening).toHaveLength(2)
  for (const opened of opening) opened()
  await expect.poll(() => alarms.size).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(alarms.size).toBe(1)
  watch.stop()
  expect(alarms.size).toBe(0)
})
