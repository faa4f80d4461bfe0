// Two and more pages on one storage, each with an outbox of its own, and one of them sending. Real pages stand in test/browser.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { platformPorts } from '../ports.ts'
import { memoryStorage } from '../storage/memory.ts'
import type { UserStorage } from '../storage/port.ts'
import { Hub } from '../tabs/hub.testing.ts'
import { Outbox } from './driver.ts'
import type { Answer } from './outbox.ts'
import { OutboxShelf } from './shelf.ts'

interface Sent {
  readonly page: string
  readonly id: string
  readonly resent: boolean
}

const accepted: Answer = { kind: 'outcome', outcome: { status: 'accepted', token: 't', data: {} } }

async function shop() {
  const storage = memoryStorage()
  const hub = new Hub()
  const sent: Sent[] = []
  const reading = { lastsMs: 0 }
  const open = async (page: string, answer: () => Promise<Answer> = async () => accepted) => {
    const tabs = hub.join()
    const user: UserStorage = await storage.open('ada')
    const load = user.load.bind(user)
    user.load = async (range, limit) => {
      const entries = await load(range, limit)
      if (reading.lastsMs > 0) await sleep(reading.lastsMs)
      return entries
    }
    const outbox = new Outbox({
      shelf: new OutboxShelf(user, tabs),
      tabs,
      ports: platformPorts(),
      send: async (commands, resent) => {
        for (const { id } of commands) sent.push({ page, id, resent })
        const said = await answer()
        return new Map(commands.map(({ id }) => [id, said]))
      },
      covers: () => true,
      rebase: () => null,
      onChange: () => {},
    })
    await outbox.load()
    outbox.online()
    const queue = () => {
      const id = `${page}.${platformPorts().newId()}`
      return outbox.queue({ id, name: 'receiveStock', input: order, queuedAt: 0, time: '0'.repeat(13) })
    }
    return { outbox, tabs, queue }
  }
  return { open, sent, hub, reading }
}

const order = { sku: 'cup', quantity: 1 }

describe('several pages with one outbox', () => {
  it('R2, R5: what any page queues is sent by one, once, and every page hears the outcome', async () => {
    const { open, sent } = await shop()
    const first = await open('first')
    const second = await open('second')
    const mine = await second.queue()
    const theirs = await first.queue()
    expect((await mine.outcome).status).toBe('accepted')
    expect((await theirs.outcome).status).toBe('accepted')
    expect(sent.map(({ page }) => page)).toEqual(['first', 'first'])
    await expect.poll(() => second.outbox.commands().map(({ state }) => state)).toEqual(['settled', 'settled'])
    await second.outbox.commands()[0]?.acknowledge()
    await expect.poll(() => first.outbox.commands().length).toBe(1)
  })

  it('R2: two pages that queue at the same moment lose neither', async () => {
    const { open, sent } = await shop()
    const first = await open('first', () => new Promise(() => {}))
    const second = await open('second')
    await Promise.all([first.queue(), second.queue()])
    const third = await open('third')
    expect(third.outbox.commands()).toHaveLength(2)
    expect(sent).toHaveLength(1)
  })

  it('R1: what is queued while a page begins to lead, and reads again what is stored, shows once that is told', async () => {
    const { open, hub, reading } = await shop()
    const first = await open('first')
    const second = await open('second', () => new Promise(() => {}))
    reading.lastsMs = 20
    hub.kill(first.tabs)
    const { id } = await second.queue()
    expect(second.outbox.commands().map((command) => command.id)).toEqual([id])
  })

  it('R2, R5: when the page that sends is gone in the middle of sending, the next one sends again, marked', async () => {
    const { open, sent, hub } = await shop()
    const first = await open('first', () => new Promise(() => {}))
    const second = await open('second')
    const before = await second.queue()
    const after = await second.queue()
    await expect.poll(() => sent.length).toBe(1)
    hub.kill(first.tabs)
    expect((await before.outcome).status).toBe('accepted')
    expect((await after.outcome).status).toBe('accepted')
    expect(sent).toEqual([
      { page: 'first', id: before.id, resent: false },
      { page: 'second', id: before.id, resent: true },
      { page: 'second', id: after.id, resent: false },
    ])
  })

  it('R2: a page that heard nothing for a while reads it from the storage', async () => {
    const { open } = await shop()
    await open('first')
    const second = await open('second')
    const command = await second.queue()
    second.tabs.deaf = true
    const third = await open('third')
    await expect.poll(() => third.outbox.commands()[0]?.state).toBe('settled')
    expect(second.outbox.pending).toBe(1)
    second.tabs.deaf = false
    for (const listener of second.tabs.missedListeners) listener()
    expect((await command.outcome).status).toBe('accepted')
  })

  it('a page that led and heard nothing for a while sends nothing twice', async () => {
    const { open, sent } = await shop()
    let answer: (answer: Answer) => void = () => {}
    const first = await open('first', () => new Promise<Answer>((resolve) => (answer = resolve)))
    const second = await open('second')
    const one = await first.queue()
    await expect.poll(() => sent.length).toBe(1)
    first.tabs.deaf = true
    const two = await second.queue()
    for (const listener of first.tabs.missedListeners) listener()
    await expect.poll(() => first.outbox.commands().length).toBe(2)
    answer(accepted)
    expect((await one.outcome).status).toBe('accepted')
    await expect.poll(() => sent.map(({ id }) => id)).toEqual([one.id, two.id])
  })

  it('what one page clears is gone in all', async () => {
    const { open } = await shop()
    const first = await open('first', () => new Promise(() => {}))
    const second = await open('second')
    const command = await second.queue()
    await first.outbox.clear()
    await expect(command.outcome).rejects.toMatchObject({ code: 'CLEARED' })
    expect(second.outbox.commands()).toEqual([])
  })
})
