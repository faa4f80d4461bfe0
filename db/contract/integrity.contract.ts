// The store contract for what went wrong: incidents for operators, and commits that are kept as evidence.

import { beforeEach, expect, it } from 'vitest'
import { type HeldCommit, type Incident, maximumHeldPerOrigin } from '../integrity.ts'
import type { Store } from '../store.ts'
import { type ContractDatabase, peer, region, sha256 } from './fixture.contract.ts'

function incidentOf(id: string, parts: Partial<Incident> = {}): Omit<Incident, 'resolved'> {
  const about = { entityIds: [`${peer}:7`, 'order-1'], detail: 'ünï "quoted" \\ text', atMs: 1_764_000_000_123 }
  return { id, kind: 'quarantine', region, ...about, ...parts }
}

function heldOf(name: string, parts: Partial<HeldCommit> = {}): HeldCommit {
  return {
    origin: peer,
    firstSequence: 7,
    lastSequence: 9,
    hash: sha256(name),
    heldFor: 'quarantine',
    rule: 'S2',
    reason: `${name} writes another's row`,
    atMs: 1_764_000_000_123,
    bytes: new Uint8Array([0, 1, 2, 255, ...Buffer.from(name)]),
    ...parts,
  }
}

export function integrityContract(database: () => ContractDatabase): void {
  let store: Store
  beforeEach(async () => {
    store = await database().store()
  })

  it('an incident stands once, however often and by whichever node it is raised', async () => {
    const other = await database().store()
    expect(await store.incidents.raise(incidentOf('incident:1'))).toBe(true)
    expect(await other.incidents.raise(incidentOf('incident:1', { detail: 'again' }))).toBe(false)
    expect(await other.incidents.find('incident:1')).toEqual({ ...incidentOf('incident:1'), resolved: null })
    expect(await store.incidents.find('incident:2')).toBeNull()
  })

  it('a resolved incident stays resolved by the first note, and is not raised again', async () => {
    await store.incidents.raise(incidentOf('incident:1'))
    expect((await store.incidents.resolve('incident:1', 5, 'seen'))?.resolved).toEqual({ atMs: 5, note: 'seen' })
    expect((await store.incidents.resolve('incident:1', 6, 'later'))?.resolved).toEqual({ atMs: 5, note: 'seen' })
    expect(await store.incidents.raise(incidentOf('incident:1'))).toBe(false)
    expect((await store.incidents.find('incident:1'))?.resolved).toEqual({ atMs: 5, note: 'seen' })
    expect(await store.incidents.resolve('incident:2', 5, 'none')).toBeNull()
  })

  it('incidents are listed newest first, page by page, open ones alone where wished', async () => {
    for (const [id, atMs] of [
      ['a', 1],
      ['c', 2],
      ['b', 2],
      ['d', 3],
    ] as const)
      await store.incidents.raise(incidentOf(`incident:${id}`, { atMs }))
    await store.incidents.resolve('incident:b', 9, '')
    const names = async (query: Parameters<Store['incidents']['list']>[0]) =>
      (await store.incidents.list(query)).map(({ id }) => id.slice(-1)).join('')
    expect(await names({ first: 10, after: null, open: null })).toBe('dcba')
    expect(await names({ first: 10, after: null, open: true })).toBe('dca')
    expect(await names({ first: 10, after: null, open: false })).toBe('b')
    expect(await names({ first: 2, after: null, open: null })).toBe('dc')
    expect(await names({ first: 2, after: { atMs: 2, id: 'incident:c' }, open: null })).toBe('ba')
  })

  it('a commit is kept as evidence once, byte for byte, until it is released', async () => {
    const [first, second] = [heldOf('b'), heldOf('a', { firstSequence: 3, heldFor: 'equivocation' })]
    expect(await store.evidence.hold(first)).toBe(true)
    expect(await store.evidence.hold({ ...first, reason: 'again' })).toBe(false)
    expect(await store.evidence.hold(second)).toBe(true)
    const held = await (await database().store()).evidence.held()
    expect(held.map((one) => ({ ...one, hash: [...one.hash], bytes: [...one.bytes] }))).toEqual(
      [second, first].map((one) => ({ ...one, hash: [...one.hash], bytes: [...one.bytes] })),
    )
    await store.evidence.release(peer, second.hash)
    expect((await store.evidence.held()).map(({ firstSequence }) => firstSequence)).toEqual([7])
  })

  it('an origin that goes on breaking rules fills no disk', async () => {
    for (let index = 0; index < maximumHeldPerOrigin; index++) await store.evidence.hold(heldOf(`${index}`))
    expect(await store.evidence.hold(heldOf('one more'))).toBe(false)
    expect(await store.evidence.hold(heldOf('of another', { origin: 'ap-south-1' }))).toBe(true)
    expect(await store.evidence.held()).toHaveLength(maximumHeldPerOrigin + 1)
  })
}
