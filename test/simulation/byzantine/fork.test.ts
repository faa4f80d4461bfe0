import { compareVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { describe, expect, it } from 'vitest'
import { ap, eu, Honest, us } from './honest.ts'
import { beginning } from './liar.ts'

const note = (id: string) => ({
  events: [{ type: 'cart.updated', entityId: id, data: {}, placement: 'everywhere' as const }],
})

/** What both have applied of honest origins is the same. */
async function trade(honest: Honest): Promise<void> {
  await honest.sell()
  const others = (vector: VersionVector) => ({ ...vector, [ap]: 0 })
  const same = () => compareVectors(others(honest.frontier(eu)), others(honest.frontier(us))) === 'equal'
  await honest.cluster.time.runUntil('the honest have applied each other', same, 20_000)
}

describe('a member that signs two logs', () => {
  for (const seed of [401, 402, 403]) {
    it(`C6: tells each region another one: both keep the proof, suspend it, and go on with each other (seed ${seed})`, async () => {
      const honest = await Honest.open(seed)
      const { liar } = honest
      const [same, branch] = liar.write(beginning, {})
      for (const peer of [eu, us]) liar.tell(peer, same.bytes)
      await honest.pass(1_000)
      const [left, leftBranch] = liar.write(branch, note('left'))
      const [right, rightBranch] = liar.write(branch, note('right'))
      liar.tell(eu, left.bytes)
      liar.tell(us, right.bytes)
      await honest.pass(2_000)
      await trade(honest)
      await honest.pass(20_000)
      await trade(honest)
      for (const id of [eu, us]) {
        const hashes = honest.held(id).map(({ hash, heldFor }) => `${heldFor} ${Buffer.from(hash).toString('hex')}`)
        expect(hashes.toSorted()).toEqual(
          [left, right].map(({ hash }) => `equivocation ${Buffer.from(hash).toString('hex')}`).toSorted(),
        )
        expect(honest.incidents(id).map(({ kind }) => kind)).toEqual(['equivocation'])
      }
      // Nothing more of either log is applied, after a restart neither.
      await honest.restart()
      liar.tell(eu, liar.write(leftBranch, {})[0].bytes)
      liar.tell(us, liar.write(rightBranch, {})[0].bytes)
      await honest.pass(5_000)
      await trade(honest)
      expect([honest.frontier(eu)[ap], honest.frontier(us)[ap]]).toEqual([2, 2])
    })
  }

  it('C6: and then goes on with one of them: what does not follow what was applied proves the fork', async () => {
    const honest = await Honest.open(410)
    const { liar } = honest
    const [left] = liar.write(beginning, note('left'))
    const [right, rightBranch] = liar.write(beginning, note('right'))
    const [next] = liar.write(rightBranch, {})
    liar.tell(us, left.bytes)
    await honest.pass(1_000)
    liar.tell(us, right.bytes, next.bytes)
    await honest.pass(3_000)
    expect(honest.frontier(us)[ap]).toBe(1)
    expect(
      honest
        .held(us)
        .map(({ hash }) => Buffer.from(hash).toString('hex'))
        .toSorted(),
    ).toEqual([left, next].map(({ hash }) => Buffer.from(hash).toString('hex')).toSorted())
    expect(honest.incidents(us)).toMatchObject([{ kind: 'equivocation', resolved: null }])
  })

  it('C6: is applied again once an operator has resolved the incident', async () => {
    const honest = await Honest.open(411)
    const { liar } = honest
    const [left, leftBranch] = liar.write(beginning, note('left'))
    const [, rightBranch] = liar.write(beginning, note('right'))
    const [wrong] = liar.write(rightBranch, {})
    const [good] = liar.write(leftBranch, {})
    for (const peer of [eu, us]) liar.tell(peer, left.bytes, wrong.bytes)
    await honest.pass(3_000)
    for (const peer of [eu, us]) liar.tell(peer, good.bytes)
    await honest.pass(3_000)
    expect(honest.frontier(us)[ap]).toBe(1)
    liar.forget(wrong.bytes)
    for (const id of [eu, us]) {
      const [incident] = honest.incidents(id)
      await honest.region(id).resolveIncident(incident?.id ?? '', 1, 'the region was restored from a copy')
    }
    await honest.pass(5_000)
    await honest.trade()
    expect([honest.frontier(eu)[ap], honest.frontier(us)[ap]]).toEqual([2, 2])
  })

  it('C6: is applied again once an operator has resolved the incident, though others still send its second log', async () => {
    const honest = await Honest.open(414)
    const { liar } = honest
    const [left, leftBranch] = liar.write(beginning, note('left'))
    const [, rightBranch] = liar.write(beginning, note('right'))
    const [wrong, wrongBranch] = liar.write(rightBranch, {})
    const [wrongToo] = liar.write(wrongBranch, note('wrong, too'))
    const [good, goodBranch] = liar.write(leftBranch, {})
    const [more] = liar.write(goodBranch, note('more'))
    liar.tell(us, left.bytes, wrong.bytes)
    await honest.pass(3_000)
    liar.tell(us, wrongToo.bytes, good.bytes)
    await honest.pass(3_000)
    expect(honest.frontier(us)[ap]).toBe(1)
    const [incident] = honest.incidents(us)
    const now = Math.floor(honest.cluster.time.now())
    await honest.region(us).resolveIncident(incident?.id ?? '', now, 'the second one was stopped')
    await honest.pass(10_000)
    expect(honest.frontier(us)[ap]).toBe(2)
    await honest.restart()
    liar.tell(us, more.bytes)
    await honest.pass(6_000)
    expect(honest.frontier(us)[ap]).toBe(3)
    expect(honest.incidents(us)).toMatchObject([{ kind: 'equivocation', resolved: { atMs: now } }])
  })

  it('C6: operators are told when its second log is gone on with after they have resolved that', async () => {
    const honest = await Honest.open(415)
    const { liar } = honest
    const [left, leftBranch] = liar.write(beginning, note('left'))
    const [, rightBranch] = liar.write(beginning, note('right'))
    const [wrong, wrongBranch] = liar.write(rightBranch, {})
    const [good] = liar.write(leftBranch, {})
    liar.tell(us, left.bytes, wrong.bytes)
    await honest.pass(3_000)
    const [incident] = honest.incidents(us)
    const now = Math.floor(honest.cluster.time.now())
    await honest.region(us).resolveIncident(incident?.id ?? '', now, 'the second one was stopped')
    await honest.pass(2_000)
    const [later] = liar.write(wrongBranch, note('it was not'))
    liar.tell(us, later.bytes, good.bytes)
    await honest.pass(6_000)
    expect(honest.incidents(us)).toMatchObject([{ resolved: { atMs: now } }, { kind: 'equivocation', resolved: null }])
    expect(honest.frontier(us)[ap]).toBe(1)
    await honest.region(us).resolveIncident(honest.incidents(us)[1]?.id ?? '', now + 60_000, 'now it was')
    await honest.pass(10_000)
    expect(honest.frontier(us)[ap]).toBe(2)
  })

  it('C6: operators are told when it forks anew after they have resolved that, and not of the old proof once more', async () => {
    const honest = await Honest.open(413)
    const { liar } = honest
    const [left, leftBranch] = liar.write(beginning, note('left'))
    const [, rightBranch] = liar.write(beginning, note('right'))
    const [wrong] = liar.write(rightBranch, {})
    const [good, goodBranch] = liar.write(leftBranch, note('good'))
    const [, otherBranch] = liar.write(leftBranch, note('other'))
    const [worse] = liar.write(otherBranch, {})
    const resolve = async (number: number) => {
      const incident = honest.incidents(us)[number]
      await honest.region(us).resolveIncident(incident?.id ?? '', 1, 'the region was restored from a copy')
      await honest.pass(6_000)
    }
    liar.tell(us, left.bytes, wrong.bytes)
    await honest.pass(3_000)
    await resolve(0)
    await honest.restart()
    await honest.pass(6_000)
    expect(honest.incidents(us)).toMatchObject([{ resolved: { atMs: 1 } }])
    liar.forget(wrong.bytes)
    liar.tell(us, good.bytes)
    await honest.restart()
    await honest.pass(6_000)
    expect(honest.frontier(us)[ap]).toBe(2)

    liar.tell(us, worse.bytes)
    await honest.pass(6_000)
    const open = { kind: 'equivocation', resolved: null }
    expect(honest.incidents(us)).toMatchObject([{ resolved: { atMs: 1 } }, open])
    await honest.restart()
    const [next] = liar.write(goodBranch, {})
    liar.tell(us, next.bytes)
    await honest.pass(6_000)
    expect(honest.incidents(us)).toHaveLength(2)
    expect(honest.frontier(us)[ap]).toBe(2)
    liar.forget(worse.bytes)
    await resolve(1)
    expect(honest.frontier(us)[ap]).toBe(3)
  })

  it('C6: one that pins a past that nobody has is itself at fault', async () => {
    const honest = await Honest.open(412)
    const { liar } = honest
    const clock = { [eu]: honest.frontier(eu)[eu] ?? 0 }
    const [lie] = liar.write(beginning, { clock }, { [eu]: new Uint8Array(32).fill(7) })
    for (const peer of [eu, us]) liar.tell(peer, lie.bytes)
    await honest.pass(5_000)
    await honest.trade()
    expect(honest.frontier(us)[ap]).toBeUndefined()
    expect(honest.incidents(us)).toMatchObject([{ kind: 'quarantine' }])
    expect(honest.held(us)).toMatchObject([{ origin: ap, rule: 'C6', heldFor: 'quarantine' }])
  })
})
