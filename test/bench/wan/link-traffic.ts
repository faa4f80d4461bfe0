// What an event costs on the wire between regions, taken apart. Counts depend little on the machine: it needs no quiet one.

import { countOrders, members } from '../../support/wan/order-traffic.ts'
import { print } from '../figure.ts'
import { readOptions } from '../options.ts'
import { randomOrder } from '../shop.ts'

const bench = 'link-traffic'
/** As regions do by themselves. */
const roundMs = 15_000

export async function linkTraffic(words: readonly string[]): Promise<void> {
  const { numbers, on } = readOptions(words, { orders: 20, seconds: 10 }, ['rounds'])
  for (const [lines, secondLines] of [
    ['one line', 'never'],
    ['two lines', 'always'],
  ] as const) {
    const { orders, carried, bytesPerEvent } = await countOrders({
      ...{ secondLines, orders: numbers.orders, seconds: numbers.seconds },
      ...(on.has('rounds') && { divergenceRoundMs: roundMs }),
      newOrder: (skus) => randomOrder(skus, 2),
    })
    print({
      bench,
      figure: `${lines}: bytes per event`,
      unit: 'bytes/event',
      value: bytesPerEvent,
      baseline: null,
      note: `${orders} orders at ${numbers.orders}/s in each region, each of which travels to ${members.length - 1} others; nothing stalls`,
    })
    for (const [name, { messages, bytes }] of [...carried].sort(([, left], [, right]) => right.bytes - left.bytes)) {
      print({
        bench,
        figure: `${lines}: ${name}`,
        unit: 'bytes/event',
        value: bytes / orders / (members.length - 1),
        baseline: null,
        note: `${messages} messages of ${(bytes / messages).toPrecision(3)} bytes`,
      })
    }
  }
}
