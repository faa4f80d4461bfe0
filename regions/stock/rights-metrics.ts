// What a region tells Prometheus of rights: what it asked of its peers, what it gave, who waited and who was refused (S4).

import { Counter, Gauge, type Registry } from 'prom-client'
import type { Region } from '../region.ts'
import type { RightsStatus } from './rights-counts.ts'

const msPerSecond = 1_000

export function watchRights(region: Pick<Region, 'rights'>, registry: Registry): void {
  const counter = (
    name: string,
    help: string,
    labelNames: readonly string[],
    samples: (status: RightsStatus) => Iterable<readonly [Record<string, string>, number]>,
  ) => {
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset()
        for (const [labels, value] of samples(region.rights())) this.inc(labels, value)
      },
    })
  }
  const gauge = (name: string, help: string, value: (status: RightsStatus) => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(region.rights()))
      },
    })
  }
  counter(
    'causeway_rights_requests_total',
    'Requests for rights to a peer, many SKUs in each: answered, or failed where it could not be asked.',
    ['peer', 'outcome'],
    ({ asked }) =>
      [...asked].flatMap(([peer, { answered, failed }]) => [
        [{ peer, outcome: 'answered' }, answered] as const,
        [{ peer, outcome: 'failed' }, failed] as const,
      ]),
  )
  counter(
    'causeway_rights_units_total',
    'Units of rights that were moved, received from a peer that was asked or given to one that asked.',
    ['peer', 'direction'],
    ({ asked, given }) => [
      ...[...asked].map(([peer, { units }]) => [{ peer, direction: 'received' }, units] as const),
      ...[...given].map(([peer, units]) => [{ peer, direction: 'given' }, units] as const),
    ],
  )
  counter(
    'causeway_rights_refused_total',
    'Commands that were refused after peers had been asked for rights, by what the caller was told.',
    ['code'],
    ({ refused }) => [...refused].map(([code, count]) => [{ code }, count] as const),
  )
  counter('causeway_rights_waits_total', 'Commands that had to ask for rights and are decided.', [], ({ waits }) => [
    [{}, waits.count],
  ])
  counter('causeway_rights_wait_seconds_total', 'How long they took, together.', [], ({ waits }) => [
    [{}, waits.totalMs / msPerSecond],
  ])
  gauge('causeway_rights_waiting', 'Commands that wait for rights now.', ({ waiting }) => waiting)
  gauge(
    'causeway_rights_held_requests',
    "Peers' requests that wait for older orders of this region.",
    ({ held }) => held,
  )
  gauge('causeway_rights_watched_skus', 'SKUs whose demand this node remembers.', ({ watched }) => watched)
}
