// Rights: how well they follow demand, how fast they are sold, and what it costs to ask another region for them.

import { readOptions } from '../options.ts'
import { shiftingDemand } from './demand.ts'
import { saleLatencies } from './latencies.ts'
import { salesPerSecond } from './rates.ts'

const parts = ['demand', 'rates', 'latencies'] as const

/** Without a part named: all of them. */
export async function rightsBench(words: readonly string[]): Promise<void> {
  const defaults = {
    seconds: 10,
    skus: 10_000,
    rate: 20,
    seed: 1,
    virtual: 120,
    shift: 60,
    orders: 10,
    goods: 300,
    stock: 100,
  }
  const { numbers, on } = readOptions(words, defaults, parts)
  const runs = (part: (typeof parts)[number]) => on.size === 0 || on.has(part)
  const { seconds, skus, rate, seed, virtual, shift, orders, goods, stock } = numbers
  if (runs('demand'))
    await shiftingDemand({
      ...{ seed, skus: goods, perSecond: orders },
      ...{ seconds: virtual, shiftSeconds: shift, stockPercent: stock },
    })
  if (runs('rates')) await salesPerSecond({ seconds, skus })
  if (runs('latencies')) await saleLatencies({ seconds, perSecond: rate })
}
