import { createMemoryStore } from '@causeway/db/memory/store'
import { StoreError } from '@causeway/db/store'
import { expect, it } from 'vitest'
import { lead } from './leadership.ts'

it('W4: a node that cannot tell whether it leads says why, once, and leads when it can', async () => {
  const said: object[] = []
  const silent = () => undefined
  const logger = { debug: silent, info: silent, error: silent, warn: (fields: object) => void said.push(fields) }
  const store = createMemoryStore({ region: 'eu' })
  let fails = 3
  const away = new StoreError('UNREACHABLE', 'the database is away', { retry: true })
  const lease = (name: string) => (fails-- > 0 ? Promise.reject(away) : store.lease(name))
  const timers = {
    after: (_: number, call: () => void) => {
      queueMicrotask(call)
      return silent
    },
  }
  let stop = silent
  const stopped = new Promise<void>((resolve) => {
    stop = resolve as typeof stop
  })
  await lead({
    store: { ...store, lease },
    ports: { timers, logger },
    begin: () => stop(),
    end: async () => {},
    stopped,
  })
  expect(said).toEqual([{ error: String(away) }])
  expect(fails).toBe(-1)
})
