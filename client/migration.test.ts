import { describe, expect, it } from 'vitest'
import { type Migration, migrateWork } from './migration.ts'
import type { OutboxEntry } from './outbox/outbox.ts'
import { OutboxShelf } from './outbox/shelf.ts'
import { memoryStorage } from './storage/memory.ts'
import { soloTabs } from './tabs/tabs.ts'

function entry(id: string, name: OutboxEntry['command']['name'], input: object, unanswered = false): OutboxEntry {
  const command = { id, name, input, queuedAt: 0, time: '0'.repeat(13) }
  return { state: 'waiting', command, unanswered, failures: 0, notBefore: 0 }
}

async function stored() {
  const storage = await memoryStorage().open('ada')
  const shelf = new OutboxShelf(storage, soloTabs())
  await shelf.put([
    { entry: entry('c1', 'shipOrder', { id: 'o1' }) },
    { entry: entry('c2', 'shipOrder', { id: 'o2' }, true) },
    { entry: entry('c3', 'change', { id: 'c3', kind: 'cart', patches: [1] }) },
  ])
  const inputs = async () => (await shelf.load()).map(({ command }) => command.input)
  return { storage, inputs, migrate: (migration: Migration) => migrateWork(storage, migration) }
}

describe('unsent work of an earlier app', () => {
  it('R6: is brought over once, in its order; what may have been sent stays as it was sent', async () => {
    const { inputs, migrate } = await stored()
    await migrate({ version: 1 })
    const seen: number[] = []
    const second: Migration = {
      version: 2,
      migrate: ({ name, input }, from) => {
        seen.push(from)
        return name === 'change' ? { ...input, id: 'another', patches: [2] } : { ...input, note: 'new' }
      },
    }
    await migrate(second)
    await migrate(second)
    expect(seen).toEqual([1, 1])
    expect(await inputs()).toEqual([{ id: 'o1', note: 'new' }, { id: 'o2' }, { id: 'c3', kind: 'cart', patches: [2] }])
  })

  it('R6: is left as it is where it cannot be brought over, or a newer app has stored it', async () => {
    const { inputs, migrate } = await stored()
    await migrate({ version: 3 })
    await expect(migrate({ version: 2 })).rejects.toMatchObject({ code: 'MIGRATION' })
    const failing: Migration = {
      version: 4,
      migrate: ({ name, input }) => {
        if (name === 'change') throw new Error('no such shape')
        return { ...input, note: 'new' }
      },
    }
    await expect(migrate(failing)).rejects.toMatchObject({ code: 'MIGRATION' })
    expect((await inputs())[0]).toEqual({ id: 'o1' })
  })
})
