// What a node that has just started, and remembers nothing of the log, reads to judge commits by the clocks they name.

import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import { acknowledge } from '@causeway/schema/stock/acknowledge'
import { expect, it } from 'vitest'
import { regionPrincipal } from '../committer/executor.ts'
import { Writer } from '../committer/writer.ts'
import { createCrypto, generateSigningKey } from '../crypto.ts'
import { ports } from '../http/cluster.testing.ts'
import { ChainIndex } from './chain-index.ts'

const commits = 50

async function written(): Promise<Store> {
  const store = createMemoryStore({ region: 'eu' })
  const { privateKeyPem } = generateSigningKey()
  const crypto = createCrypto({ region: 'eu', privateKeyPem, publicKeys: new Map(), random: ports.random })
  const writer = new Writer({ store, ports, crypto, members: ['eu'], durable: () => {} })
  const definition = acknowledge as Parameters<typeof writer.submit>[0]['definition']
  const name = { key: null, naturalKey: null, inputDigest: '', commandId: 'acknowledge' }
  const call = { principal: regionPrincipal, resent: false, final: true, settles: null }
  for (let count = 0; count < commits; count++) await writer.submit({ definition, input: {}, ...name, ...call })
  return store
}

it('C6: commits that name one another’s are judged without a read of the log for each', async () => {
  const store = await written()
  let reads = 0
  const chain = new ChainIndex({
    commitsAfterVector: (...range) => {
      reads += 1
      return store.commitsAfterVector(...range)
    },
  })
  const { frontier } = await store.head()
  const log = await store.commitsAfterPosition(0, 1_000_000)
  for (const again of [false, true]) {
    for (const { commit } of log) {
      const { hash, time, clock, lastSequence } = commit
      expect(await chain.at('eu', lastSequence, frontier), `again: ${again}`).toEqual({ hash, time, clock })
    }
  }
  expect(log).toHaveLength(commits)
  expect(reads).toBe(1)
  expect(await chain.at('eu', commits + 1, frontier)).toBe('unknown')
})
