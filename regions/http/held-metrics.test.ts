import { createMemoryStore } from '@causeway/db/memory/store'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { watchHeld } from './held-metrics.ts'

it('C6: an operator sees how many commits of an origin are kept and not applied, and why', async () => {
  const store = createMemoryStore({ region: 'eu' })
  const held = { origin: 'us', firstSequence: 1, lastSequence: 1, rule: 'S1', reason: 'rights', atMs: 1 }
  for (const number of [1, 2])
    await store.evidence.hold({ ...held, hash: Uint8Array.of(number), heldFor: 'quarantine', bytes: Uint8Array.of(1) })
  const registry = new Registry()
  watchHeld({ store }, registry)
  expect(await registry.metrics()).toContain('causeway_held_commits{origin="us",held_for="quarantine"} 2\n')
  await store.close()
  expect(await registry.metrics()).toContain('causeway_held_commits{origin="us",held_for="quarantine"} 2\n')
})
