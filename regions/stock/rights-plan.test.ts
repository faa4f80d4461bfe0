import { expect, it } from 'vitest'
import { noNeed } from './demand.ts'
import { stepRights } from './rebalancer.ts'
import { openRights, type RightsAction, type RightsInput } from './rights-state.ts'

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
