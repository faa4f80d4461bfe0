// Rights against a demand that shifts between regions oceans apart, in virtual time: what is refused although it is there,
// and who has to wait for another region; beside shares that stay where they are, and beside one owner of all stock.

import { type Policy, type SoldThrough, sellThrough } from '../../simulation/rights/sell-through.ts'
import { percentile, print } from '../figure.ts'

export interface DemandBenchOptions {
  readonly seed: number
  readonly skus: number
  readonly perSecond: number
  readonly seconds: number
  readonly shiftSeconds: number
  /** Units there are, in hundredths of those that are wanted of each SKU. */
  readonly stockPercent: number
}

const bench = 'rights'
const policies = ['followed', 'fixed', 'owner'] as const
/** A sale that is answered within this crossed no ocean. */
const localMs = 20

export async function shiftingDemand(options: DemandBenchOptions): Promise<void> {
  const { seed, skus, perSecond, seconds, shiftSeconds, stockPercent } = options
  const outcomes = new Map<Policy, SoldThrough>()
  for (const policy of policies) {
    const times = { forMs: seconds * 1_000, shiftMs: shiftSeconds * 1_000 }
    outcomes.set(policy, await sellThrough({ policy, seed, skus, perSecond, stockShare: stockPercent / 100, ...times }))
  }
  const how = `virtual time, seed ${seed}: ${perSecond} orders/s in each of three regions for ${seconds} s, ${skus} SKUs by Zipf's law, other favourites every ${shiftSeconds} s, round trips of 80, 140 and 220 ms, stock for ${stockPercent}% of what is wanted`
  const value = (policy: Policy, measure: (outcome: SoldThrough) => number) => {
    const outcome = outcomes.get(policy)
    if (outcome === undefined) throw new Error(`${policy} was not run`)
    return measure(outcome)
  }
  const against = (figure: string, unit: string, baseline: Policy, measure: (outcome: SoldThrough) => number) =>
    print({
      bench,
      figure,
      unit,
      value: value('followed', measure),
      baseline: value(baseline, measure),
      note: `${how}; baseline: ${baseline === 'fixed' ? 'even shares that stay where they are' : 'every sale asks eu-west-1, which holds all stock'}`,
    })
  const refused = 'refused although the units were unsold somewhere, of all sales'
  against(refused, '%', 'fixed', refusedThoughAvailable)
  against(`${refused}, against one owner`, '%', 'owner', refusedThoughAvailable)
  against('answered in their own region, of all that were accepted', '%', 'owner', local)
  for (const share of [0.5, 0.95, 0.99])
    against(`answer to an accepted sale, p${share * 100}`, 'ms', 'owner', (outcome) =>
      percentile(
        accepted(outcome).map(({ tookMs }) => tookMs),
        share,
      ),
    )
  against(
    'units sold, of those in stock',
    '%',
    'fixed',
    (outcome) => 100 - (100 * outcome.unitsLeft) / outcome.unitsStocked,
  )
  const none = { bench, baseline: null, note: how }
  print({ ...none, figure: 'requests for rights, of all sales', unit: '%', value: value('followed', requests) })
  print({ ...none, figure: 'units moved between regions, of those sold', unit: '%', value: value('followed', moved) })
}

function accepted({ sales }: SoldThrough): SoldThrough['sales'] {
  return sales.filter((sale) => sale.accepted)
}

function refusedThoughAvailable({ sales }: SoldThrough): number {
  return (100 * sales.filter(({ wasAvailable }) => wasAvailable).length) / sales.length
}

function local(outcome: SoldThrough): number {
  const all = accepted(outcome)
  return (100 * all.filter(({ tookMs }) => tookMs < localMs).length) / all.length
}

function requests(outcome: SoldThrough): number {
  return (100 * outcome.requests) / outcome.sales.length
}

function moved(outcome: SoldThrough): number {
  return (100 * outcome.unitsMoved) / (outcome.unitsStocked - outcome.unitsLeft)
}
