import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey } from '@causeway/regions/crypto'
import { createOperators } from '@causeway/regions/recovery/operators'
import { findOrderFlaw } from '@causeway/schema/fence/order'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needsOrder, prepareOrder, sayDifferentKeys, sayOrder, signWith } from './retire-order.ts'

const { privateKeyPem, publicKey } = generateSigningKey()
const operatorKeys = { cluster: 'shop', keys: [publicKey], fingerprint: 'ab12' }
const report = (id: string, state: string, frontier: Record<string, number> | null = { eu: 5, us: 7, 'us@2': 3 }) => ({
  ...{ id, state, frontier, operatorKeys: frontier === null ? null : operatorKeys },
})
const regions = [report('ap', 'DEGRADED'), report('eu', 'HEALTHY'), report('us', 'UNREACHABLE', null)]
const choices = { overrides: false, validMinutes: 10, by: undefined }
const now = 1_700_000_000_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the order that causeway retire signs', () => {
  it('S7: is needed where a region that is asked has keys of operators', () => {
    expect(needsOrder(regions)).toBe(true)
    expect(needsOrder(regions.map((region) => ({ ...region, operatorKeys: null })))).toBe(false)
  })

  it('S7: names the region with its newest incarnation, all members, and the healthiest other one to take it up', () => {
    const order = prepareOrder([...regions, report('sa', 'RETIRED', null)], 'us', choices, now)
    expect(order).toMatchObject({
      ...{ cluster: 'shop', region: 'us', incarnation: 2, overrides: false, members: ['ap', 'eu', 'us'], by: 'eu' },
      ...{ signedMs: now, untilMs: now + 600_000 },
    })
    const words = sayOrder(order, 'operator.pem')
    expect(words).toContain('us, up to its incarnation 2, of the cluster shop')
    expect(words).toContain('eu, which takes over what us leaves')
    expect(words).toContain('ap, eu\n')
    expect(sayOrder({ ...order, overrides: true }, 'operator.pem')).toContain('it overrides')
    expect(prepareOrder(regions, 'us', { ...choices, by: 'ap' }, now).by).toBe('ap')
    expect(() => prepareOrder(regions, 'us', { ...choices, by: 'us' }, now)).toThrow('us cannot take it up: ap, eu can')
  })

  it('C6: is one that regions with this key take up', async () => {
    const file = join(folder, 'operator.pem')
    await writeFile(file, privateKeyPem)
    const order = await signWith(file, prepareOrder(regions, 'us', choices, now), regions)
    const operators = createOperators({ cluster: 'shop', keys: [publicKey], withoutOrder: [] })
    if (operators === null) throw new Error('there is a key')
    const time = { wallMs: now + 1_000, counter: 0 }
    const { region, overrides, members } = order
    const retire = {
      by: 'eu',
      sequence: 3,
      time,
      region,
      before: null,
      overrides,
      members,
      known: ['us', 'us@2'],
      order,
    }
    expect(findOrderFlaw(operators, retire)).toBeNull()
  })

  it('C6: is not signed with a key that the regions do not know, or with none', async () => {
    const file = join(folder, 'stranger.pem')
    await writeFile(file, generateSigningKey().privateKeyPem)
    const order = prepareOrder(regions, 'us', choices, now)
    await expect(signWith(file, order, regions)).rejects.toThrow('add it to cluster.operatorKeys')
    await expect(signWith(join(folder, 'none.pem'), order, regions)).rejects.toThrow('causeway operator-key --out')
    await writeFile(file, 'nothing')
    await expect(signWith(file, order, regions)).rejects.toThrow('no Ed25519 private key in PEM')
  })

  it('C6: says where the regions know different keys', () => {
    expect(sayDifferentKeys(regions)).toBeNull()
    const older = { ...report('ap', 'HEALTHY'), operatorKeys: null }
    expect(sayDifferentKeys([older, ...regions.slice(1)])).toContain('(ap none, eu ab12)')
  })
})
