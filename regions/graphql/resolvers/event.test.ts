import { CodecError } from '@causeway/schema/commit/bytes'
import { sealCommit } from '@causeway/schema/commit/codec'
import type { Commit, CommitCrypto, CommitEvent } from '@causeway/schema/commit/commit'
import { describe, expect, it } from 'vitest'
import { eventsOf } from './event.ts'

const crypto: CommitCrypto = {
  sha256: (bytes) => new Uint8Array(32).fill(bytes.length % 256),
  sign: () => new Uint8Array(64),
  salt: () => new Uint8Array(16),
  verify: () => true,
  verifyDevice: () => true,
  operators: null,
}

const good: CommitEvent = { type: 'stock.moved', entityId: 'stock:mug', placement: 'everywhere', data: { id: 'm-1' } }
const commit: Commit = {
  origin: 'us-east-1',
  firstSequence: 1,
  lastSequence: 2,
  clock: {},
  time: { wallMs: 1, counter: 0 },
  events: [good, good],
  documents: [],
  stock: [],
  outcomes: [],
}

/** As GraphQL does. */
function readData(event: object): unknown {
  const { data } = event as { readonly data: () => unknown }
  return data()
}

describe('events', () => {
  it('C7: data that nobody can read is told as none, and the rest of the commit as it is', () => {
    const bad: CommitEvent = {
      ...good,
      get data(): CommitEvent['data'] {
        throw new CodecError('MALFORMED', 'not JSON')
      },
    }
    const sealed = sealCommit(commit, new Uint8Array(32), {}, crypto)
    const told = eventsOf(sealed, { ...commit, events: [bad, good] })
    expect(told.map((event) => readData(event))).toEqual([null, { id: 'm-1' }])
  })
})
