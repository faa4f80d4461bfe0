// What a region tells Prometheus of silent divergence (C9): what its guard has found and put right, and what is open.

import { Counter, Gauge, type Registry } from 'prom-client'
import type { Region } from '../region.ts'

const msPerSecond = 1_000

export function watchDivergence(region: Pick<Region, 'divergence'>, registry: Registry): void {
  const registers = [registry]
  const counted = [
    ['found', 'Rows found to be other than the signed log says: documents, stock, log.'],
    ['repaired', 'Rows of those that were put right from evidence.'],
  ] as const
  for (const [what, help] of counted) {
    new Counter({
      name: `causeway_divergence_${what}_total`,
      help,
      labelNames: ['table'],
      registers,
      collect() {
        this.reset()
        for (const [table, count] of Object.entries(region.divergence()[what])) this.inc({ table }, count)
      },
    })
  }
  new Gauge({
    name: 'causeway_divergence_open',
    help: 'Findings that cannot be put right from evidence.',
    registers,
    collect() {
      this.set(region.divergence().open.length)
    },
  })
  new Gauge({
    name: 'causeway_divergence_round_seconds',
    help: 'How long the last look at all tables took.',
    registers,
    collect() {
      this.set(region.divergence().roundMs / msPerSecond)
    },
  })
  new Gauge({
    name: 'causeway_divergence_checked_timestamp_seconds',
    help: 'When it ended, in Unix time; 0 on a node that has not led its region yet.',
    registers,
    collect() {
      this.set((region.divergence().checkedAt ?? 0) / msPerSecond)
    },
  })
}
