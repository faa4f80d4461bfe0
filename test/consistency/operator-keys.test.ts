// Regions whose configurations name other keys of operators: what an operator sees of it, through a real gateway.

import { compareRegions, fetchRegions } from '@causeway/cli/api/regions'
import { withClient } from '@causeway/cli/commands/shared'
import { formatStatus } from '@causeway/cli/commands/status'
import { generateSigningKey } from '@causeway/regions/crypto'
import { createOperators } from '@causeway/regions/recovery/operators'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from './gateway.testing.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const [one, two] = [generateSigningKey().publicKey, generateSigningKey().publicKey]
const operators = (...keys: readonly string[]) => createOperators({ cluster: 'shop', keys, withoutOrder: [] })
/** Somebody has added a second key everywhere but in us. */
const known = { [ap]: operators(one, two), [eu]: operators(one, two), [us]: operators(one) }

let shop: Shop
beforeAll(async () => {
  const choices = { operators: (id: string) => known[id as keyof typeof known] ?? null, divergenceRoundMs: 100 }
  shop = await openShop([ap, eu, us], eu, choices)
})
afterAll(() => shop.stop())

it('C6 C7: regions that know other keys of operators are named by the gateway, in status and as an incident in each', async () => {
  const query = '{ regions { id openIncidents operatorKeys { fingerprint } divergence { open { subject } } } }'
  const subjects = (...regions: readonly string[]) => regions.map((id) => ({ subject: `operatorKeys/${id}` }))
  const of = (id: keyof typeof known) => ({ fingerprint: known[id]?.fingerprint })
  await expect
    .poll(async () => (await shop.ask(query)).data, { timeout: 20_000 })
    .toEqual({
      regions: [
        { id: ap, openIncidents: 1, operatorKeys: of(ap), divergence: { open: subjects(us) } },
        { id: eu, openIncidents: 1, operatorKeys: of(eu), divergence: { open: subjects(us) } },
        { id: us, openIncidents: 2, operatorKeys: of(us), divergence: { open: subjects(ap, eu) } },
      ],
    })
  const regions = await withClient({ url: shop.url }, fetchRegions)
  const said = formatStatus(regions, compareRegions(regions))
  const fingerprints = [ap, eu, us].map((id) => `${id} ${of(id).fingerprint}`).join(', ')
  expect(said).toContain(`keys of operators differ: ${fingerprints}\n`)
  expect(said).toContain(`${us}: operatorKeys/${ap} differs: ${ap} knows other keys of operators than this region`)
  expect(said).toContain(`${us}: 2 open incidents: ask incidents(open: true) of it`)
  const incidents = '{ incidents(open: true) { edges { node { kind entityIds } } } }'
  const node = { kind: 'divergence', entityIds: [us] }
  expect((await shop.ask(incidents, {}, {}, ap)).data).toEqual({ incidents: { edges: [{ node }] } })
})
