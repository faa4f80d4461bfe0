// For tests: a store with a log of commits that say nothing, and a custody that keeps nothing.

import { createMemoryStore } from '@causeway/db/memory/store'
import type { Store } from '@causeway/db/store'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { acknowledge } from '@causeway/schema/stock/acknowledge'
import { regionPrincipal } from '../committer/executor.ts'
import { Writer } from '../committer/writer.ts'
import { createCrypto, generateSigningKey } from '../crypto.ts'
import { ports } from '../http/cluster.testing.ts'
import type { IngestSetting } from '../replication/ingest.ts'

export const noCustody: IngestSetting['custody'] = {
  take: async () => {},
  applied: async () => {},
  inquire: async () => false,
  sift: (commits) => ({ fresh: commits, news: [] }),
  suspended: new Set(),
}

export async function plainLog(commits: number): Promise<{ readonly store: Store; readonly crypto: CommitCrypto }> {
  const store = createMemoryStore({ region: 'eu' })
  const { privateKeyPem } = generateSigningKey()
  const crypto = createCrypto({ region: 'eu', privateKeyPem, publicKeys: new Map(), random: ports.random })
  const writer = new Writer({ store, ports, crypto, members: ['eu'], durable: () => {} })
  const definition = acknowledge as Parameters<typeof writer.submit>[0]['definition']
  const name = { key: null, naturalKey: null, inputDigest: '', commandId: 'acknowledge' }
  const call = { principal: regionPrincipal, resent: false, final: true, settles: null }
  for (let count = 0; count < commits; count++) await writer.submit({ definition, input: {}, ...name, ...call })
  return { store, crypto }
}
