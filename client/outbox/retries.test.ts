// Work that has to be tried again, or be written down again, whatever happens on the device meanwhile.

import { expect, it } from 'vitest'
import { type ClientPorts, platformPorts } from '../ports.ts'
import { memoryStorage } from '../storage/memory.ts'
import { soloTabs } from '../tabs/tabs.ts'
import { Outbox } from './driver.ts'
import type { Answer, QueuedCommand } from './outbox.ts'
import { OutboxShelf } from './shelf.ts'

const dayMs = 86_400_000
const accepted: Answer = { kind: 'outcome', outcome: { status: 'accepted', token: 't', data: {} } }
const command: QueuedCommand = { id: 'c-1', name: 'shipOrder', input: { id: 'o1' }, queuedAt: 0, time: '0'.repeat(13) }

it('R2: what was not answered is sent again in time, though the clock is set back by a day meanwhile', async () => {
  const platform = platformPorts()
  let clockMs = dayMs
  const ports: ClientPorts = {
    ...platform,
    now: () => platform.now() + clockMs,
    after: (delayMs, call) => {
      // By now it is said when to try again.
      clockMs = 0
      return platform.after(delayMs, call)
    },
  }
  const tabs = soloTabs()
  const tries: boolean[] = []
  const outbox = new Outbox({
    ...{ shelf: new OutboxShelf(await memoryStorage().open('ada'), tabs), tabs, ports },
    send: async (_, resent) => new Map(tries.push(resent) === 1 ? [] : [[command.id, accepted]]),
    ...{ covers: () => true, rebase: () => null, onChange: () => {} },
  })
  await outbox.load()
  outbox.online()
  const queued = await outbox.queue(command)
  expect((await queued.outcome).status).toBe('accepted')
  expect(tries).toEqual([false, true])
  await outbox.close()
}, 5_000)

it('S6: what is acknowledged before it is written down is told to leases all the same', async () => {
  const tabs = soloTabs()
  const refused: Answer = { kind: 'outcome', outcome: { status: 'refused', code: 'INVALID', message: 'no' } }
  const told: string[] = []
  const outbox = new Outbox({
    ...{ shelf: new OutboxShelf(await memoryStorage().open('ada'), tabs), tabs, ports: platformPorts() },
    send: async () => new Map([[command.id, refused]]),
    storing: async (works, put) => {
      await put([])
      for (const { entry } of works) told.push(entry.state)
    },
    ...{ covers: () => true, rebase: () => null },
    onChange: () => {
      for (const one of outbox.commands()) if (one.state === 'settled') void one.acknowledge()
    },
  })
  await outbox.load()
  outbox.online()
  await outbox.queue(command)
  await expect.poll(() => outbox.commands()).toEqual([])
  await expect.poll(() => told).toEqual(['sending', 'settled'])
  await outbox.close()
})
