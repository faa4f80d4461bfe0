// What shoppers of three regions want, drawn ahead from a seed: few goods often, most of them seldom (Zipf), and every so
// often other goods in each region. Knows no cluster.

import type { RegionId } from '@causeway/schema/clock/origin'
import { Zipf } from '../../bench/load/zipf.ts'
import { SeededRandom } from '../random.ts'

export interface DemandOptions {
  readonly seed: number
  readonly regions: readonly RegionId[]
  readonly skus: number
  /** Orders a second in each region. */
  readonly perSecond: number
  readonly forMs: number
  /** After so long each region's shoppers want other goods most. */
  readonly shiftMs: number
}

export interface WantedOrder {
  readonly atMs: number
  readonly region: RegionId
  readonly id: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

export function skuNamed(index: number): string {
  return `sku-${index}`
}

const secondLine = 0.3
const moreThanOne = 0.2

export function drawOrders(options: DemandOptions): readonly WantedOrder[] {
  const { seed, regions, skus, perSecond, forMs, shiftMs } = options
  const orders = regions.flatMap((region) => {
    const random = new SeededRandom(seed).fork(`shoppers of ${region}`)
    const zipf = new Zipf(skus, () => random.unit())
    const drawn: WantedOrder[] = []
    let favourite = 0
    let shifts = -1
    for (let atMs = pauseMs(random, perSecond); atMs < forMs; atMs += pauseMs(random, perSecond)) {
      for (; shifts < Math.floor(atMs / shiftMs); shifts += 1) favourite = random.integer(0, skus - 1)
      const line = () => ({
        sku: skuNamed((favourite + zipf.draw()) % skus),
        quantity: random.chance(moreThanOne) ? random.integer(2, 4) : 1,
      })
      const [first, second] = [line(), line()]
      const lines = random.chance(secondLine) && second.sku !== first.sku ? [first, second] : [first]
      drawn.push({ atMs, region, id: `${region}-${drawn.length}`, lines })
    }
    return drawn
  })
  return orders.sort((left, right) => left.atMs - right.atMs)
}

/** Between two shoppers who know nothing of each other. */
function pauseMs(random: SeededRandom, perSecond: number): number {
  return (-Math.log(1 - random.unit()) * 1_000) / perSecond
}

/** Units wanted of each SKU. */
export function unitsWanted(orders: readonly WantedOrder[]): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>()
  for (const { lines } of orders)
    for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  return wanted
}
