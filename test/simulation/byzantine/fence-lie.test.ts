import { placeOrder } from '@causeway/schema/documents/order/place'
import { shipOrder } from '@causeway/schema/documents/order/transitions'
import { retireRegion } from '@causeway/schema/fence/commands'
import { fencedEvent } from '@causeway/schema/fence/fence-log'
import { describe, expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'
import { beginning } from './liar.ts'

const lies = [
  { words: 'names more than it can have applied', height: 1_000_000, end: {} },
  { words: 'says that the log ends at a commit that nobody has', height: null, end: { [us]: '0'.repeat(64) } },
] as const

describe('a member that is asked how far it holds the log of another', () => {
  for (const [index, { words, height, end }] of lies.entries()) {
    it(`S7 C6: and ${words} is quarantined, and keeps no restored region from its work once it is retired`, async () => {
      const honest = await Honest.open(240 + index)
      const { cluster, liar } = honest
      await honest.trade()
      await honest.restore(us)
      const { head } = cluster.database(eu)
      const isAsked = () => cluster.database(eu).head.fences.retires.length > 0
      await cluster.time.runUntil('the others know that it begins anew', isAsked, 60_000)
      const known = head.frontier[us] ?? 0
      const hash = head.chainHashes[us]
      if (hash === undefined) throw new Error('eu holds nothing of us')
      const data = { targets: [`${us}@2`], held: { [us]: height ?? known }, hashes: end }
      const event = { type: fencedEvent, entityId: us, data, placement: 'everywhere' as const }
      const [lie] = liar.write(beginning, { clock: { [us]: known }, events: [event] }, { [us]: hash })
      for (const peer of [eu, us]) liar.tell(peer, lie.bytes)
      await honest.pass(5_000)
      expect(honest.held(eu)).toMatchObject([{ origin: ap, rule: 'S7', heldFor: 'quarantine' }])
      await honest.ask(eu, retireRegion, { region: ap, override: true })
      await honest.pass(10_000)
      await honest.ask(us, placeOrder, { id: 'late', lines: [{ sku: 'mug', quantity: 1 }] })
      await honest.ask(us, shipOrder, { id: 'late' })
      await honest.trade()
    })
  }
})
