import { expect, it } from 'vitest'
import { noNeed } from './demand.ts'
import { stepRights } from './rebalancer.ts'
import { awayMs, maximumItems, maximumRounds, openRights, type RightsAction, type RightsInput } from './rights-state.ts'

const lineCount = 8_000

it('S4: an order of thousands of lines that all lack units holds up nobody: each line is looked at a few times, whatever others there are', () => {
  let state = openRights(['us'])
  const actions: RightsAction[] = []
  const take = (input: RightsInput) => {
    const step = stepRights(state, input, 0)
    state = step.state
    actions.push(...step.actions)
  }
  const skus = Array.from({ length: lineCount }, (_, index) => `sku-${index}`)
  const lines = skus.map((sku) => ({ sku, needed: 2, missing: 1 }))
  const startMs = performance.now()
  take({ type: 'sales', sales: [{ id: 1, sinceMs: 1, untilMs: 5_000, lines }] })
  take({ type: 'looked', known: skus.map((sku) => ({ sku, held: 1, need: noNeed, peers: new Map([['us', 5]]) })) })
  for (const action of [...actions])
    if (action.type === 'ask')
      take({ type: 'answered', request: action.request, given: new Map(action.items.map(({ sku }) => [sku, 1])) })
  // A tenth of a second or two; where each line costs a look at all of them, some twenty seconds.
  expect(performance.now() - startMs).toBeLessThan(5_000)
  expect(actions.at(-1)).toMatchObject({ type: 'settle', sale: 1, helped: true })
})

it('S4: a request holds so many SKUs and no more; what is over goes with the next one', () => {
  const skus = Array.from({ length: maximumItems + 1 }, (_, index) => `sku-${index}`)
  const lines = skus.map((sku) => ({ sku, needed: 1, missing: 1 }))
  const begun = stepRights(openRights(['us']), { type: 'sales', sales: [{ id: 1, sinceMs: 1, untilMs: 9, lines }] }, 0)
  const known = skus.map((sku) => ({ sku, held: 0, need: noNeed, peers: new Map([['us', 1]]) }))
  const { actions } = stepRights(begun.state, { type: 'looked', known }, 0)
  expect(actions.map((action) => (action.type === 'ask' ? action.items.length : action.type))).toEqual([
    maximumItems,
    1,
  ])
})

it('S4: no more SKUs than so many are asked about ahead of need at once; sales ask beyond that', () => {
  const skus = Array.from({ length: maximumRounds + 1 }, (_, index) => `sku-${index}`)
  const looksOf = (actions: readonly RightsAction[]) =>
    actions.map((action) => (action.type === 'look' ? action.skus : []))
  const full = stepRights(openRights(['us']), { type: 'low', skus }, 0)
  expect(looksOf(full.actions)).toEqual([skus.slice(0, maximumRounds)])
  const lines = [{ sku: 'one-more', needed: 1, missing: 1 }]
  const sale = stepRights(full.state, { type: 'sales', sales: [{ id: 1, sinceMs: 1, untilMs: 9, lines }] }, 0)
  expect(looksOf(sale.actions)).toEqual([['one-more']])
})

it('S4: a clock that is set back does not keep a peer away', () => {
  const lines = [{ sku: 'mug', needed: 1, missing: 1 }]
  const known = [{ sku: 'mug', held: 0, need: noNeed, peers: new Map([['us', 1]]) }]
  const state = { ...openRights(['us']), awayUntilMs: new Map([['us', 3_600_000]]) }
  const asksAt = (nowMs: number) => {
    const begun = stepRights(state, { type: 'sales', sales: [{ id: 1, sinceMs: 1, untilMs: 9, lines }] }, nowMs)
    return stepRights(begun.state, { type: 'looked', known }, nowMs).actions.some(({ type }) => type === 'ask')
  }
  expect([asksAt(3_600_000 - awayMs), asksAt(3_600_000), asksAt(60_000)]).toEqual([false, true, true])
})
