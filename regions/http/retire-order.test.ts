// A region is taken out where that takes an order which an operator has signed: what the caller is told, and what becomes of it.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { generateSigningKey } from '../crypto.ts'
import { createOperators, operatorKeyOf, signOrder } from '../recovery/operators.ts'
import { ask, type ServedCluster, serveCluster } from './cluster.testing.ts'

const { privateKeyPem } = generateSigningKey()
const key = operatorKeyOf(privateKeyPem)
const members = ['ap', 'eu', 'us']

let cluster: ServedCluster
beforeAll(async () => {
  const operators = createOperators({ cluster: 'shop', keys: [key], withoutOrder: [] })
  cluster = await serveCluster(members, { operators: () => operators })
})
afterAll(() => cluster.stop())

const retire = `mutation ($order: String, $override: Boolean) {
  retireRegion(input: { region: "us", order: $order, override: $override }) { userErrors { code field message } } }`

async function refusal(region: string, order: string | null, override = false) {
  const { data } = await ask(cluster.at(region).server, retire, { order, override })
  const { userErrors } = (data as unknown as { retireRegion: { userErrors: { code: string; message: string }[] } })
    .retireRegion
  return userErrors[0]
}

function sign(): string {
  const signedMs = Date.now()
  const order = { id: 'ab'.repeat(16), cluster: 'shop', region: 'us', incarnation: 1, overrides: false, members }
  return JSON.stringify(signOrder({ ...order, by: 'eu', signedMs, untilMs: signedMs + 60_000 }, privateKeyPem))
}

describe('a region that is retired by an order', () => {
  it('S7 C6: who asks without one, with a wrong one, or another region than it names is told what to do, and nothing is done', async () => {
    const status = '{ regionStatus { operatorKeys { cluster keys fingerprint } } }'
    expect((await ask(cluster.at('eu').server, status)).data).toMatchObject({
      regionStatus: {
        operatorKeys: { cluster: 'shop', keys: [key], fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) },
      },
    })
    const without = await refusal('eu', null)
    expect(without).toMatchObject({ code: 'FORBIDDEN', field: ['order'] })
    expect(without?.message).toContain('causeway retire us --operator-key FILE')
    expect((await refusal('eu', 'no order'))?.message).toContain('--operator-key FILE')
    expect((await refusal('eu', sign(), true))?.message).toContain('does not say that it overrides')
    const elsewhere = await refusal('ap', sign())
    expect(elsewhere?.message).toBe(
      'ap takes up no such order: its order is for eu to take up, not for ap. Sign a new one, or ask the region that it is for.',
    )
    for (const id of members) expect(cluster.at(id).region.fencing().fences.open).toEqual([])
  })

  it('S7: leaves once all others have said how far they hold it', async () => {
    expect(await refusal('eu', sign())).toBeUndefined()
    const hasLeft = (id: string) =>
      cluster
        .at(id)
        .region.fencing()
        .fences.decided.some((fence) => fence.key === 'us')
    await vi.waitFor(() => expect(['ap', 'eu'].map(hasLeft)).toEqual([true, true]), { timeout: 8_000 })
    // Asked again it takes no other order: it is done.
    expect(await refusal('eu', null)).toBeUndefined()
  })
})
