// Small histories of a model cluster, for properties: who writes, retires, says a word or is reached, in any order.

import fc from 'fast-check'
import type { ModelCluster } from './model.testing.ts'

const write = { type: 'stock.moved', data: {} }

export type Step =
  | { readonly kind: 'write' | 'vote' | 'acknowledge'; readonly at: number }
  | { readonly kind: 'retire'; readonly at: number; readonly region: number; readonly skewMs: number }
  | { readonly kind: 'deliver'; readonly from: number; readonly to: number; readonly nth: number }

const index = fc.nat(4)
export const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), at: index }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('vote' as const), at: index }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), at: index }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('retire' as const),
        at: index,
        region: index,
        skewMs: fc.integer({ min: -30, max: 30 }),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('deliver' as const), from: index, to: index, nth: fc.nat(9) }),
    },
  ),
  { minLength: 10, maxLength: 80 },
)

export function play(cluster: ModelCluster, step: Step): void {
  switch (step.kind) {
    case 'write':
      cluster.do((region, wallMs) => region.write([write], wallMs), step.at)
      return
    case 'vote':
      cluster.vote(step.at)
      return
    case 'acknowledge':
      cluster.do((region, wallMs) => region.acknowledge(wallMs), step.at)
      return
    case 'retire': {
      const target = cluster.at(step.region).id
      cluster.do((region, wallMs) => region.retire(target, false, wallMs), step.at, step.skewMs)
      return
    }
    case 'deliver':
      cluster.deliver(step.from, step.to, step.nth)
      return
  }
}

export const membersOf = (size: number) => ['ap', 'br', 'ca', 'de', 'eu'].slice(0, size)
