// The figures of one phase of the bench `wan`, printed: how long facts needed, against the distance, and what they cost.

import type { Wan } from '../../support/wan/wan.ts'
import { percentile, print } from '../figure.ts'
import type { ProcessorUse } from '../measure/processor-meter.ts'
import type { Passage } from './probe.ts'

const bench = 'wan'
const shares = [0.5, 0.99, 0.999]

/** Of each pair of regions, and of all together beyond the distance. */
export function printPassages(phase: string, wan: Wan, orders: readonly Passage[], bare: readonly Passage[]): void {
  const pairs = new Map<string, { readonly oneWayMs: number; readonly ms: number[] }>()
  for (const { from, to, ms } of orders) {
    const name = [from, to].sort().join(' – ')
    const pair = pairs.get(name) ?? { oneWayMs: wan.oneWayMs(from, to), ms: [] }
    pair.ms.push(ms)
    pairs.set(name, pair)
  }
  for (const [name, { oneWayMs, ms }] of pairs) {
    for (const share of shares) {
      print({
        bench,
        figure: `${phase}: convergence ${name}, ${word(share)}`,
        unit: 'ms',
        value: percentile(ms, share),
        baseline: oneWayMs,
        note: `${ms.length} orders, both directions, from the answer in one region to the subscriber of the other; baseline: the one-way delay, without stalls`,
      })
    }
  }
  const beyond = (passages: readonly Passage[]) => passages.map(({ from, to, ms }) => ms - wan.oneWayMs(from, to))
  for (const share of shares) {
    print({
      bench,
      figure: `${phase}: convergence beyond the one-way delay, all pairs, ${word(share)}`,
      unit: 'ms',
      value: percentile(beyond(orders), share),
      baseline: percentile(beyond(bare), share),
      note: `${orders.length} passages of orders; baseline: ${bare.length} single bytes over the same network after the orders, stalls included`,
    })
  }
}

export function printBytes(phase: string, bytes: number, events: number, others: number, plain: number): void {
  print({
    bench,
    figure: `${phase}: bytes per event`,
    unit: 'bytes/event',
    value: bytes / (events * others),
    baseline: plain,
    note: `all bytes of all replication connections, both ways, heartbeats and acknowledgements included, over ${events} events that each travel to ${others} regions; baseline: these events as uncompressed JSON with all fields of Event, one per message, without frames`,
  })
}

export function printProcessor(phase: string, { regions }: ProcessorUse, events: number): void {
  for (const { id, nodeMs, postgresMs } of regions) {
    for (const [name, ms] of [
      ['the node', nodeMs],
      ['Postgres', postgresMs],
    ] as const) {
      print({
        bench,
        figure: `${phase}: processor time of ${name} of ${id}`,
        unit: 'µs/event',
        value: (ms * 1_000) / events,
        baseline: null,
        note: 'per event of any region, own and applied; what a process does while it rests is spread over the events',
      })
    }
  }
}

function word(share: number): string {
  return `p${Number((share * 100).toPrecision(4))}`
}
