import { joinEnvelope, readEnvelope } from '@causeway/schema/commit/codec'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import { codecVersion, ruleVersion, writeHeader } from '@causeway/schema/commit/header'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { receiveStock } from '@causeway/schema/stock/commands'
import { describe, expect, it } from 'vitest'
import { garbage } from './garbage.ts'
import { ap, eu, Honest, us } from './honest.ts'
import { beginning } from './liar.ts'

describe('a member that lies', () => {
  for (const [index, { name, rule, make }] of garbage.entries()) {
    it(`C6 C7 ${rule}: a region that ${name} is quarantined, and the others go on`, async () => {
      const honest = await Honest.open(100 + index)
      const { liar } = honest
      await honest.pass(1_000)
      const [bad, branch] = liar.write(beginning, make(liar))
      const [next] = liar.write(branch, {})
      for (const peer of [eu, us]) liar.tell(peer, bad.bytes, next.bytes)
      const streams = honest.streams()
      await honest.pass(3_000)
      await honest.trade()
      await honest.pass(30_000)
      await honest.trade()
      for (const id of [eu, us]) {
        expect(honest.frontier(id)[ap]).toBeUndefined()
        expect(honest.held(id)).toMatchObject([{ origin: ap, firstSequence: 1, rule, heldFor: 'quarantine' }])
        const [incident, ...others] = honest.incidents(id)
        expect(others).toEqual([])
        expect(incident?.kind).toBe('quarantine')
        expect(incident?.detail).toContain(rule)
      }
      expect(honest.streams() - streams).toBeLessThan(5)
    })
  }
})

describe('a member that sells before it has what it sells', () => {
  it('C7 S1: is applied in both regions once it was given the units, whichever heard of the gift first', async () => {
    const honest = await Honest.open(190)
    const { liar } = honest
    const cells = { received: 0, returned: 0, sold: 5, released: 0, shipped: 0, writtenOff: 0, given: {} }
    const sale = { type: 'stock.moved', entityId: 'stock:rare', data: {}, placement: 'everywhere' as const }
    const [early] = liar.write(beginning, { events: [sale], stock: [{ sku: 'rare', location: 'main', cells }] })
    for (const peer of [eu, us]) liar.tell(peer, early.bytes)
    await honest.pass(3_000)
    await honest.trade()
    expect([honest.frontier(eu)[ap], honest.frontier(us)[ap]]).toEqual([undefined, undefined])
    const variants = [{ sku: 'rare', title: 'Rare', price: { amount: '9.00', currencyCode: 'GBP' } }]
    await honest.ask(eu, upsertProduct, { id: 'rare-product', title: 'Rare', variants })
    await honest.pass(500)
    // A third of what comes in is given to each region, in the very commit of the receipt.
    await honest.ask(us, receiveStock, { sku: 'rare', quantity: 30 })
    await honest.pass(3_000)
    await honest.trade()
    expect([honest.frontier(eu)[ap], honest.frontier(us)[ap]]).toEqual([1, 1])
    expect([...honest.held(eu), ...honest.held(us)]).toEqual([])
  })
})

describe('a member that lies about the others', () => {
  it('C6: bytes that are no commit, and commits that another has not signed, blame its link alone', async () => {
    const honest = await Honest.open(200)
    const { liar } = honest
    const [own] = liar.write(beginning, {})
    const forged = liar.write(beginning, { origin: eu })[0]
    const torn = own.bytes.slice()
    torn[own.bytes.length - 1] = 255
    for (const lie of [new Uint8Array([1, 99, 3]), forged.bytes, torn]) liar.tell(us, lie)
    await honest.pass(5_000)
    for (let day = 0; day < 3; day += 1) await honest.trade()
    expect(honest.frontier(us)[ap]).toBeUndefined()
    expect(honest.incidents(us)).toEqual([])
    expect(honest.held(us)).toEqual([])
    const links = honest.region(us).links()
    const [liars, others] = [ap, eu].map((peer) => links.find(({ from }) => from === peer))
    expect(liars?.counts.faults).toBeGreaterThan(0)
    expect(liars?.lastFault).toMatch(/^C6: ap-south-1 /)
    expect(others).toMatchObject({ counts: { faults: 0 }, lastFault: null })
  })

  it('C6: a commit of its own whose signature was changed by one bit is applied nowhere, however often it is sent', async () => {
    const honest = await Honest.open(206)
    const { liar } = honest
    const [own] = liar.write(beginning, {})
    const spoiled = Buffer.from(own.bytes)
    // What stands for a signature here begins with the same hash of the header.
    const place = spoiled.indexOf(own.hash)
    expect(place).toBeGreaterThan(0)
    spoiled[place] = (spoiled[place] ?? 0) ^ 1
    liar.tell(us, new Uint8Array(spoiled))
    await honest.pass(5_000)
    expect(liar.streams(us)).toBeGreaterThan(1)
    expect(honest.frontier(us)[ap]).toBeUndefined()
    await honest.trade()
  })

  it('C6 C2: what its clock names and nobody has is asked for ever more seldom, and keeps nothing else', async () => {
    const honest = await Honest.open(201)
    const { liar } = honest
    const nowhere = new Uint8Array(32)
    const [dreaming] = liar.write(
      beginning,
      { clock: { [eu]: 1_000_000, [us]: 5_000_000 } },
      { [eu]: nowhere, [us]: nowhere },
    )
    for (const peer of [eu, us]) liar.tell(peer, dreaming.bytes)
    liar.frontier = { [eu]: 9_000_000, [us]: 9_000_000, [ap]: 9_000_000 }
    await honest.pass(1_000)
    const streams = honest.streams()
    for (let minute = 0; minute < 10; minute += 1) {
      await honest.pass(60_000)
      await honest.trade()
    }
    expect(honest.frontier(us)[ap]).toBeUndefined()
    expect(honest.streams() - streams).toBeLessThan(12)
  })

  it('C6 W8: what it says without proof of how far a region has written makes nobody begin anew', async () => {
    const honest = await Honest.open(203)
    const { liar } = honest
    await honest.trade()
    const sequence = honest.frontier(us)[us] ?? 0
    for (const claimed of [sequence + 1_000, sequence]) {
      liar.holdsOfYou = { sequence: claimed, hash: 'ab'.repeat(32), proof: '' }
      liar.frontier = { [`${us}@7`]: 12, [`${eu}@7`]: 12 }
      honest.cluster.network.reset(ap, us)
      honest.cluster.network.reset(ap, eu)
      await honest.pass(10_000)
      await honest.trade()
    }
    expect(honest.region(us).origin).toBe(us)
    expect(honest.region(eu).origin).toBe(eu)
  })

  it('C6: the commits of others that it sends again, late and in another order, do nothing', async () => {
    const honest = await Honest.open(202)
    await honest.trade()
    const logs = honest.cluster.database(us).commits.map(({ commit }) => commit.bytes)
    for (const peer of [eu, us]) honest.liar.tell(peer, ...logs.toReversed(), ...logs)
    await honest.pass(5_000)
    await honest.trade()
    expect(honest.incidents(eu)).toEqual([])
  })
})

describe('a commit whose time is not yet', () => {
  it('C7: waits, fills no buffer of others, and is applied when its time has come', async () => {
    const honest = await Honest.open(210)
    const { liar } = honest
    const time = { wallMs: liar.now().wallMs + 180_000, counter: 0 }
    const [early, branch] = liar.write(beginning, { time })
    const [next] = liar.write(branch, { time: { ...time, counter: 1 } })
    for (const peer of [eu, us]) liar.tell(peer, early.bytes, next.bytes)
    await honest.pass(60_000)
    await honest.trade()
    expect(honest.frontier(us)[ap]).toBeUndefined()
    await honest.pass(70_000)
    await honest.trade()
    expect(honest.frontier(us)[ap]).toBe(2)
    expect(honest.incidents(us)).toEqual([])
  })

  it('C7: one of the next century keeps nobody busy', async () => {
    const honest = await Honest.open(211)
    const { liar } = honest
    const [far] = liar.write(beginning, { time: { wallMs: liar.now().wallMs + 100 * 365 * 86_400_000, counter: 0 } })
    for (const peer of [eu, us]) liar.tell(peer, far.bytes)
    for (let hour = 0; hour < 3; hour += 1) {
      await honest.pass(600_000)
      await honest.trade()
    }
    expect(honest.frontier(us)[ap]).toBeUndefined()
  })
})

describe('a commit of a newer release', () => {
  it('C7: written by rules that a region does not know, waits until it is upgraded, and then goes on by itself', async () => {
    const honest = await Honest.open(220)
    const { liar } = honest
    const [plain, branch] = liar.write(beginning, {})
    const [written, after] = liar.write(branch, {})
    const newer = asOf(liar, written, ruleVersion + 1)
    const [last] = liar.write({ ...after, hash: liar.crypto.sha256(headerBytesOf(newer)) }, {})
    for (const peer of [eu, us]) liar.tell(peer, plain.bytes, newer, last.bytes)
    await honest.pass(3_000)
    const streams = honest.streams()
    await honest.trade()
    await honest.pass(60_000)
    await honest.trade()
    expect(honest.frontier(us)[ap]).toBe(1)
    expect([...honest.incidents(us), ...honest.held(us)]).toEqual([])
    expect(honest.streams() - streams).toBeLessThan(3)
    honest.newestRules = ruleVersion + 1
    await honest.restart()
    await honest.pass(3_000)
    await honest.trade()
    expect(honest.frontier(us)[ap]).toBe(3)
  })

  it('C7: laid out in a way that a region does not know, blames no link, and others are applied', async () => {
    const honest = await Honest.open(221)
    const { liar } = honest
    const [first, branch] = liar.write(beginning, {})
    const strange = liar.write(branch, {})[0].bytes.slice()
    strange[0] = codecVersion + 1
    for (const peer of [eu, us]) liar.tell(peer, strange, first.bytes)
    await honest.pass(10_000)
    const streams = honest.streams()
    await honest.pass(60_000)
    await honest.trade()
    expect(honest.frontier(us)[ap]).toBe(1)
    expect(honest.streams() - streams).toBe(0)
  })
})

function headerBytesOf(bytes: Uint8Array): Uint8Array {
  return readEnvelope(bytes).headerBytes
}

/** The same commit under another version of the rules, signed anew. */
function asOf(liar: Honest['liar'], { bytes }: SealedCommit, rules: number): Uint8Array {
  const { header, sections } = readEnvelope(bytes)
  const headerBytes = writeHeader({ ...header, ruleVersion: rules })
  return joinEnvelope(headerBytes, liar.crypto.sign(headerBytes), sections)
}
