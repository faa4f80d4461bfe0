// What a retired region brings back, where one of its commits cannot be looked at.

import { sealCommit } from '@causeway/schema/commit/codec'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { expect, it, vi } from 'vitest'
import { createCrypto, generateSigningKey } from '../crypto.ts'
import { ports } from '../http/cluster.testing.ts'
import { BeyondFence } from './beyond-fence.ts'

/** Each says that a cart has changed: no order, so an incident has to tell it. */
function logOf(commits: number): readonly SealedCommit[] {
  const { privateKeyPem } = generateSigningKey()
  const crypto = createCrypto({ region: 'eu', privateKeyPem, publicKeys: new Map(), random: ports.random })
  const log: SealedCommit[] = []
  for (let sequence = 1; sequence <= commits; sequence += 1) {
    const previousHash = log.at(-1)?.hash ?? new Uint8Array(32)
    const clock: Record<string, number> = sequence === 1 ? {} : { eu: sequence - 1 }
    const event = { type: 'cart.updated', entityId: `cart-${sequence}`, data: {}, placement: 'everywhere' as const }
    const at = { firstSequence: sequence, lastSequence: sequence, time: { wallMs: sequence, counter: 0 }, clock }
    const commit = { origin: 'eu', ...at, events: [event], documents: [], stock: [], outcomes: [] }
    log.push(sealCommit(commit, previousHash, { eu: previousHash }, crypto))
  }
  return log
}

it('S7: one commit of a retired region that cannot be looked at keeps none of the others from being told, and is tried again', async () => {
  const told: string[] = []
  let isSpoiled = true
  const warned = vi.fn()
  const beyondFence = new BeyondFence({
    ports: { timers: { after: (_, call) => ports.timers.after(1, call) }, logger: { ...ports.logger, warn: warned } },
    membership: { isHeirOf: () => true },
    suspended: () => new Set(),
    salvage: async () => {
      throw new Error('there is no order')
    },
    incidents: {
      raise: async ({ subject }) => {
        if (isSpoiled && subject === 'eu:1') throw new Error('this one cannot be written')
        told.push(subject)
        return true
      },
    },
  })
  beyondFence.take(logOf(3))
  await vi.waitFor(() => expect(warned.mock.calls.length).toBeGreaterThan(2))
  expect(told).toEqual(['eu:2', 'eu:3'])
  isSpoiled = false
  await vi.waitFor(() => expect(told).toEqual(['eu:2', 'eu:3', 'eu:1']))
  beyondFence.stop()
})
