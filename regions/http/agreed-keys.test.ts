// Two regions that go by different keys where nothing in the log shows it: operators of both are told.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClaimHash, fingerprintOf, generateSigningKey } from '../crypto.ts'
import { AgreedKeys } from '../integrity/agreed-keys.ts'
import { createOperators } from '../recovery/operators.ts'
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
    const keys = new AgreedKeys(createClaimHash('ours'), null)
    keys.heard({ ...keys.own, region: us, claimKey: 'another' })
    keys.heard({ ...keys.own, region: eu })
    expect(keys.flaws().map(({ subject }) => subject)).toEqual([`claimKey/${us}`])
    keys.heard({ ...keys.own, region: us })
    expect(keys.flaws()).toEqual([])
  })
})

describe('the keys of operators', () => {
  const [one, two] = [generateSigningKey().publicKey, generateSigningKey().publicKey]
  const of = (...keys: readonly string[]) => createOperators({ cluster: 'shop', keys, withoutOrder: [] })

  it('C6 C7: that a peer does not have, or has beside them, are told until it comes back with the same', () => {
    const agreed = new AgreedKeys(undefined, of(one))
    const heard = (operators: ReturnType<typeof of>) => {
      agreed.heard({ ...new AgreedKeys(undefined, operators).own, region: us })
      return agreed.flaws().map(({ subject }) => subject)
    }
    expect(heard(null)).toEqual([`operatorKeys/${us}`])
    expect(heard(of(one))).toEqual([])
    expect(heard(of(one, two))).toEqual([`operatorKeys/${us}`])
    expect(heard(createOperators({ cluster: 'another', keys: [one], withoutOrder: [] }))).toHaveLength(1)
    // One of before them tells nothing.
    agreed.heard({ region: us, claimKey: null, operatorKeys: null })
    expect(agreed.flaws()).toEqual([])
  })

  it('C6: are told by a fingerprint that hangs on the keys, not on their order', () => {
    expect(of(one, two)?.fingerprint).toBe(of(two, one)?.fingerprint)
    expect(of(one)?.fingerprint).not.toBe(of(two)?.fingerprint)
  })

  it('C6: that are none are refused when the node starts', () => {
    expect(() => of('not a key')).toThrow('the public key of an operator is no Ed25519 key in SPKI, base64')
  })
})
