// The second line of a link into a region of two nodes: one of them holds the links, and both write. Real databases, real connections.

import { type TestDatabase, testDatabase } from '@causeway/db/test-database'
import { generateSigningKey } from '@causeway/regions/crypto'
import { defaultRetention } from '@causeway/regions/history/retention'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../support/development.ts'
import { holdTheSame, LiveRegion } from '../support/live-region.ts'

const [eu, us] = ['eu-west-1', 'us-east-1'] as const
const answers = 12

const databases: TestDatabase[] = []
const nodes: LiveRegion[] = []

beforeAll(async () => {
  const urls: Record<string, string> = {}
  const key = generateSigningKey()
  const open = (id: string, more: { readonly key?: typeof key } = {}) =>
    new LiveRegion({ id, members: [eu, us], retention: defaultRetention, urls, secondLines: 'always', ...more })
  nodes.push(open(eu, { key }), open(eu, { key }), open(us))
  databases.push(await testDatabase(eu), await testDatabase(us))
  // The peer reaches the first one of eu, which holds the links; the other one has the database alone in common with it.
  for (const node of [leader(), other()]) await node.listen()
  for (const [index, node] of nodes.entries()) await node.start(databases[index < 2 ? 0 : 1]?.url ?? '')
}, 60_000)
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()))
  await Promise.all(databases.map((database) => database.drop()))
}, 60_000)

const [leader, writer, other] = [0, 1, 2].map((index) => () => nodes[index] as LiveRegion) as [
  () => LiveRegion,
  () => LiveRegion,
  () => LiveRegion,
]
const linkOf = (node: LiveRegion) => node.region.links()[0]

async function write(node: LiveRegion, id: string): Promise<void> {
  const variants = [{ sku: id, title: id, price: { amount: '1.00', currencyCode: 'GBP' } }]
  expect(await node.run(upsertProduct, { id, title: id, variants })).toMatchObject({ status: 'accepted' })
}

it('C5 W4: brings what a peer has written upon commits of the node that does not hold the links', async () => {
  await until('both lines are open', 20_000, async () => linkOf(leader())?.lines === 2 && linkOf(other())?.lines === 2)
  await write(other(), 'before')
  await until('it is known', 10_000, () => holdTheSame(nodes))
  const before = linkOf(leader())?.counts.secondBatches ?? 0
  for (let index = 0; index < answers; index += 1) {
    await write(writer(), `asked-${index}`)
    await until('the peer has it', 10_000, () => other().region.reach(writer().region.frontier(), Date.now() + 1_000))
    await write(other(), `answered-${index}`)
    await until('the answer is known', 10_000, () => holdTheSame(nodes))
  }
  const brought = (linkOf(leader())?.counts.secondBatches ?? 0) - before
  expect(brought).toBeGreaterThanOrEqual(answers - 1)
}, 60_000)
