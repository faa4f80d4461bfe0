// The memory store under the suite that every store passes, and what only it can do: crash in the middle.
import { describe, expect, it } from 'vitest'
import { region } from './contract/fixture.contract.ts'
import { createMemoryDatabase } from './memory/database.ts'
import { createMemoryStore } from './memory/store.ts'
import { storeContract } from './store.contract.ts'

storeContract('memory store', async () => {
  const database = createMemoryDatabase(region)
  return { store: async () => createMemoryStore({ region, database }), drop: async () => undefined }
})

describe('memory store', () => {
  it('drops a transaction that runs while its node crashes, and lets the next node in', async () => {
    const database = createMemoryDatabase(region)
    const crashing = createMemoryStore({ region, database })
    const hanging = crashing.transact(() => new Promise<void>(() => {}))
    const next = createMemoryStore({ region, database }).transact(async ({ head }) => head.position)
    await Promise.resolve()
    await crashing.close()
    await expect(hanging).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await next).toBe(0)
  })
})
