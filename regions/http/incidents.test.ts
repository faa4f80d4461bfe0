// Incidents over real HTTP: what an operator sees, and says of it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IncidentBook } from '../integrity/incident-book.ts'
import { ask, type Reply, type ServedCluster, serveCluster } from './cluster.testing.ts'

let cluster: ServedCluster
const us = () => cluster.at('us-east-1')
const list = `query ($first: Int, $after: String, $open: Boolean) {
  incidents(first: $first, after: $after, open: $open) {
    edges { node { id kind region entityIds detail resolvedAt note } cursor } pageInfo { hasNextPage endCursor }
  }
}`
const resolve = `mutation ($input: ResolveIncidentInput!) {
  resolveIncident(input: $input) { incident { id note resolvedAt } userErrors { code message field } }
}`

interface List {
  readonly edges: readonly unknown[]
  readonly pageInfo: { readonly endCursor: string }
}
const listOf = ({ data }: Reply): List => (data as { readonly incidents?: List }).incidents ?? fail()
function fail(): never {
  throw new Error('there is no list of incidents in the answer')
}

beforeAll(async () => {
  cluster = await serveCluster(['us-east-1'])
  const { store } = us().region
  let now = 1_764_000_000_000
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const book = new IncidentBook({ region: 'us-east-1', store, ports: { clock: { now: () => now++ }, logger } })
  for (const subject of ['one', 'two', 'three', 'two']) {
    await book.raise({ kind: 'divergence', subject, entityIds: [`order-${subject}`], detail: `it is ${subject}` })
  }
})
afterAll(async () => {
  await cluster.stop()
})

describe('an operator looks at incidents', () => {
  it('sees each once, newest first, page by page', async () => {
    const first = await ask(us().server, list, { first: 2 })
    expect(first.errors).toEqual([])
    expect(first.data).toMatchObject({
      incidents: {
        edges: [
          { node: { id: 'incident:us-east-1:divergence:three', kind: 'divergence', region: 'us-east-1' } },
          { node: { entityIds: ['order-two'], detail: 'it is two', resolvedAt: null, note: null } },
        ],
        pageInfo: { hasNextPage: true },
      },
    })
    const { endCursor } = listOf(first).pageInfo
    const second = await ask(us().server, list, { first: 2, after: endCursor })
    expect(second.data).toMatchObject({
      incidents: { edges: [{ node: { detail: 'it is one' } }], pageInfo: { hasNextPage: false } },
    })
    const wrong = await ask(us().server, list, { after: 'nonsense' })
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('sees how many are open beside the state of the region, and Prometheus by kind', async () => {
    const told = await ask(us().server, '{ regions { openIncidents } regionStatus { openIncidents } }')
    expect(told.data).toEqual({ regions: [{ openIncidents: 3 }], regionStatus: { openIncidents: 3 } })
    const metrics = await (await fetch(`${us().server.url}/metrics`)).text()
    expect(metrics).toContain('causeway_open_incidents{kind="divergence"} 3\n')
    expect(metrics).toContain('causeway_open_incidents{kind="quarantine"} 0\n')
  })

  it('resolves one with a note; it is no longer open, and the first note stands', async () => {
    const id = 'incident:us-east-1:divergence:one'
    const answer = await ask(us().server, resolve, { input: { id, note: ' repaired by hand ' } })
    expect(answer.data).toMatchObject({
      resolveIncident: { incident: { id, note: 'repaired by hand', resolvedAt: expect.any(String) }, userErrors: [] },
    })
    await ask(us().server, resolve, { input: { id, note: 'another' } })
    const node = await ask(us().server, `{ node(id: "${id}") { id ... on Incident { kind note } } }`)
    expect(node.data).toEqual({ node: { id, kind: 'divergence', note: 'repaired by hand' } })
    const open = await ask(us().server, list, { open: true })
    expect(listOf(open).edges).toHaveLength(2)
    const resolved = await ask(us().server, list, { open: false })
    expect(listOf(resolved).edges).toHaveLength(1)
  })

  it('is told where to ask for the incident of another region', async () => {
    const input = { id: 'incident:eu-west-1:divergence:one', note: 'seen' }
    const elsewhere = await ask(us().server, resolve, { input })
    expect(elsewhere.data).toMatchObject({
      resolveIncident: {
        incident: null,
        userErrors: [{ code: 'NOT_FOUND', message: expect.stringContaining('causeway-region') }],
      },
    })
    const empty = await ask(us().server, resolve, { input: { id: 'incident:us-east-1:divergence:two', note: ' ' } })
    expect(empty.data).toMatchObject({ resolveIncident: { userErrors: [{ code: 'INVALID', field: ['note'] }] } })
  })
})
