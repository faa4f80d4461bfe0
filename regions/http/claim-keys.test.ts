// Two regions that hash emails under different keys: nothing in the log shows it, and operators of both are told.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClaimHash, fingerprintOf } from '../crypto.ts'
import { ClaimKeys } from '../integrity/claim-keys.ts'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'

const [eu, us] = ['eu-west-1', 'us-east-1'] as const
const keyOf = (id: string) => `the key of ${id}, sixteen characters at least`

let cluster: ServedCluster

beforeAll(async () => {
  cluster = await serveCluster([eu, us], { claimKey: keyOf, divergenceRoundMs: 100 })
})
afterAll(() => cluster.stop())

describe('the key that emails are hashed under', () => {
  it('M1: differs between two regions: both tell it, in what is open and as an incident', async () => {
    for (const [id, other] of [
      [eu, us],
      [us, eu],
    ] as const) {
      const { server, region } = cluster.at(id)
      const detail = expect.stringContaining(`${other} hashes emails under another key`)
      const told = [{ subject: `claimKey/${other}`, detail }]
      await vi.waitFor(() => expect(region.divergence().open).toMatchObject(told), { timeout: 20_000 })
      const { data } = await ask(server, '{ incidents { edges { node { kind region entityIds detail resolvedAt } } } }')
      const node = { kind: 'divergence', region: id, entityIds: [other], detail, resolvedAt: null }
      expect(data).toEqual({ incidents: { edges: [{ node }] } })
    }
  })

  it('M1: a fingerprint tells keys apart, and is the same for the same key', () => {
    const fingerprint = (key: string) => fingerprintOf(createClaimHash(key))
    expect(fingerprint(keyOf(us))).not.toBe(fingerprint(keyOf(eu)))
    expect(fingerprint(keyOf(us))).toBe(fingerprint(keyOf(us)))
  })

  it('M1: is told until the peer comes back with the right one', () => {
    const keys = new ClaimKeys(createClaimHash('ours'))
    keys.heard({ region: us, claimKey: 'another' })
    keys.heard({ region: eu, claimKey: keys.own })
    expect(keys.flaws().map(({ subject }) => subject)).toEqual([`claimKey/${us}`])
    keys.heard({ region: us, claimKey: keys.own })
    expect(keys.flaws()).toEqual([])
  })
})
