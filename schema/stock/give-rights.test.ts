// Who is given rights, of those who ask: an origin that others take over, or have taken over, cannot sell what it is given.

import { describe, expect, it } from 'vitest'
import { SmallCluster } from '../documents/testing/small-cluster.ts'
import { type FenceLog, targetKey } from '../fence/fence-log.ts'
import { fencingOf } from '../fence/fencing.ts'
import { receiveStock } from './commands.ts'
import { giveRights } from './give-rights.ts'

/** `us` was restored and has retired what it wrote before. */
function restored(): FenceLog {
  const target = { region: 'us', before: 2 }
  const time = { wallMs: 2, counter: 0 }
  const vote = { by: 'us@2', sequence: 1, targets: [targetKey(target)], held: { us: 7 }, hashes: {} }
  const retire = { ...target, by: 'us@2', sequence: 1, time, overrides: false, known: ['us'], members: null }
  return { retires: [retire], votes: [vote] }
}

describe('a request for rights that comes late', () => {
  it('S3 S4 S7: nothing is given to an earlier life of a region that was restored, the next one gets it', () => {
    const cluster = new SmallCluster(['mug'])
    const eu = cluster.region('eu')
    eu.run(receiveStock, { sku: 'mug', quantity: 30 }, { key: 'stock', wallMs: 1_000 })
    const context = eu.context({ wallMs: 2_000, counter: 0 }, {})
    const fencing = fencingOf(restored(), eu.members, 'eu', eu.frontier)
    const give = (to: string) => {
      const input = { requestId: `request of ${to}`, to, items: [{ sku: 'mug', units: 4 }] }
      const decision = giveRights.run({ ...context, fencing }, input)
      return decision.status === 'accepted' ? decision.stock : decision
    }
    expect(give('us')).toEqual([])
    expect(give('us@2')).toMatchObject([{ sku: 'mug', given: { 'us@2': 4 } }])
  })
})
