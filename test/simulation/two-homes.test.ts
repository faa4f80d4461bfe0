// One customer whom two regions create while they cannot hear each other: only one of them is the home, and what is personal lies in
// no other.

import { contactKind } from '@causeway/schema/documents/contact/kind'
import { upsertCustomer } from '@causeway/schema/documents/customer/commands'
import { customerKind } from '@causeway/schema/documents/customer/kind'
import { expect, it } from 'vitest'
import { checkConverged } from './checkers/converged.ts'
import type { SimulatedCluster } from './cluster.ts'
import { accepted, shop } from './fences/shop.ts'
import { ap, ask, converged, eu, members, short, us } from './steps.ts'

const ada = { id: 'ada', name: 'Ada', tags: ['regular'] }

async function createTwice(cluster: SimulatedCluster): Promise<void> {
  for (const other of [ap, eu]) cluster.network.cut(us, other)
  await accepted(ask(cluster, eu, upsertCustomer, ada))
  await cluster.time.runFor(500)
  await accepted(ask(cluster, us, upsertCustomer, { ...ada, name: 'Ada Lovelace' }))
  await accepted(ask(cluster, us, upsertCustomer, { id: 'grace', name: 'Grace' }))
}

const personalIn = (cluster: SimulatedCluster, region: string) =>
  [...cluster.database(region).documents.values()].flatMap(({ document: { kind, id, state } }) =>
    kind === contactKind.name ? [[id, contactKind.view(id, state)?.name]] : [],
  )
const incidentsIn = (cluster: SimulatedCluster, region: string) => [...cluster.database(region).incidents.values()]

async function expectOneHome(cluster: SimulatedCluster): Promise<void> {
  cluster.network.healAll()
  await cluster.time.runFor(10_000)
  await converged(cluster)
  await checkConverged(cluster)
  expect(members.map((region) => personalIn(cluster, region))).toEqual([[], [['ada', 'Ada']], [['grace', 'Grace']]])
  for (const region of members) {
    const state = cluster.database(region).documents.get('customer/ada')?.document.state
    expect(state && customerKind.view('ada', state)?.homeRegion).toBe(eu)
    expect(incidentsIn(cluster, region)).toMatchObject(
      region === us ? [{ kind: 'salvage', entityIds: ['ada'], detail: expect.not.stringContaining('Ada') }] : [],
    )
    expect(cluster.database(region).obligations.size).toBe(0)
  }
}

it('C12: what was told of a customer where another region had created him before goes from there, and operators are told whose it was', async () => {
  const cluster = await shop(61)
  await createTwice(cluster)
  await expectOneHome(cluster)
  const more = await ask(cluster, us, upsertCustomer, { id: 'ada', name: 'Ada Byron' })
  expect(more).toMatchObject({ errors: [{ code: 'RESIDENCY_VIOLATION' }] })
  expect(personalIn(cluster, us)).toHaveLength(1)
})

it('C12: it goes once, though every node of the region is killed as soon as it is owed', async () => {
  let kills = 0
  const cluster: SimulatedCluster = await shop(62, short, {
    onDurable: (region, { obligations }) => {
      if (kills === 2 || ![...obligations.values()].some(({ subject }) => subject === 'lost-home')) return
      kills += 1
      cluster.crash(region)
      cluster.time.after(1_000, () => void cluster.start(region))
    },
  })
  await createTwice(cluster)
  await expectOneHome(cluster)
  expect(kills).toBe(2)
})

it('C12 C10: it goes as well where the earlier claim comes by a snapshot', async () => {
  const cluster = await shop(63)
  await createTwice(cluster)
  // The others drop their logs, so that us has to take a snapshot.
  await cluster.time.runFor(30_000)
  await expectOneHome(cluster)
})
