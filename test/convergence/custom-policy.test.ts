// A policy of the operator's own, on what a node runs: alike in every region that has it, waited for by one that has not.

import type { CustomPolicy } from '@causeway/schema/documents/conflicts/custom'
import { registerPolicies } from '@causeway/schema/documents/conflicts/register-policies'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { productKind } from '@causeway/schema/documents/product/kind'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Replica } from './replica.testing.ts'

const joined: CustomPolicy = {
  kind: 'product',
  field: 'title',
  name: 'joined@1',
  settle: (facts) => facts.map(({ value }) => String(value)).join(' / '),
}

let now = 1_764_000_000_000
const clock = () => ++now
const titleAt = ({ database }: Replica) => {
  const state = database.documents.get('product/p1')?.document.state
  return state && productKind.view('p1', state)?.title
}
const commitsOf = (replica: Replica) =>
  replica.database.commits.map(({ commit }) => commit).filter(({ origin }) => origin === replica.database.head.origin)

async function apart(): Promise<readonly [Replica, Replica]> {
  const [eu, us] = [new Replica('eu', clock), new Replica('us', clock)]
  const variants = [{ sku: 'mug', price: { amount: '1.00', currencyCode: 'GBP' } }]
  await eu.run(upsertProduct, { id: 'p1', title: 'A mug', variants }, null)
  await us.apply(commitsOf(eu))
  await eu.run(upsertProduct, { id: 'p1', title: 'Red' }, null)
  await us.run(upsertProduct, { id: 'p1', title: 'Blue' }, null)
  return [eu, us]
}

beforeEach(() => registerPolicies([joined]))
afterEach(() => registerPolicies([]))

describe('a policy that an operator has registered', () => {
  it('M1 C3: settles what two regions wrote at once, alike in both', async () => {
    const [eu, us] = await apart()
    await eu.apply(commitsOf(us))
    await us.apply(commitsOf(eu))
    expect(titleAt(eu)).toBe('Red / Blue')
    expect((await us.holds()).digest).toBe((await eu.holds()).digest)
    expect([...us.database.conflicts.values()].flat()).toMatchObject([{ path: 'title', policy: 'joined@1' }])
  })

  it('C7: a region that lacks it applies nothing that is written under it, says why, and goes on once it has it', async () => {
    const [eu, us] = await apart()
    registerPolicies([])
    const reasons = await us.offer(commitsOf(eu))
    expect(reasons).toEqual([expect.stringContaining('the policy joined@1 is not registered here')])
    expect(us.database.head.frontier.eu).toBe(1)
    registerPolicies([joined])
    expect(await us.offer(commitsOf(eu))).toEqual([])
    await eu.apply(commitsOf(us))
    expect(titleAt(us)).toBe('Red / Blue')
    expect((await us.holds()).digest).toBe((await eu.holds()).digest)
  })
})
