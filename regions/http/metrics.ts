// What a region tells Prometheus. Gauges are read from the region when they are asked for.

import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ReadListener } from '../graphql/consistency.ts'
import type { CommandListener } from '../graphql/context.ts'
import { watchHistory } from '../history/metrics.ts'
import type { LinkCounts, Region } from '../region.ts'
import { watchRights } from '../stock/rights-metrics.ts'
import { watchDivergence } from './divergence-metrics.ts'
import { watchHeld } from './held-metrics.ts'
import { watchIncidents } from './incident-metrics.ts'

export interface RegionMetrics {
  readonly onCommand: CommandListener
  readonly onRead: ReadListener
  onRequest(kind: 'http' | 'websocket', status: number, durationMs: number): void
  text(): Promise<string>
  readonly contentType: string
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const stalenessBuckets = [0, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 5, 10, 30, 60, 300, 3_600]
const msPerSecond = 1_000

const linkCounters: Readonly<Record<keyof LinkCounts, { readonly name: string; readonly help: string }>> = {
  batches: {
    name: 'causeway_link_batches_total',
    help: 'Batches with commits that came over the main line of the link.',
  },
  bytes: {
    name: 'causeway_link_bytes_total',
    help: 'Bytes that came over both lines of the link, compressed, heartbeats included.',
  },
  commits: {
    name: 'causeway_link_commits_total',
    help: 'Commits that came over the link, those held already among them.',
  },
  events: { name: 'causeway_link_events_total', help: 'Events that came over the link.' },
  failures: { name: 'causeway_link_failures_total', help: 'Attempts to open the main line of the link that failed.' },
  breaks: { name: 'causeway_link_breaks_total', help: 'Times that the main line of the link was open and broke.' },
  faults: {
    name: 'causeway_link_faults_total',
    help: 'Times that the link brought what cannot be read, or what its origin has not signed (C6), and was closed for it.',
  },
  secondBatches: {
    name: 'causeway_link_second_line_batches_total',
    help: 'Batches with commits that came over the second line of the link as well.',
  },
  secondFailures: {
    name: 'causeway_link_second_line_failures_total',
    help: 'Attempts to open the second line of the link that failed.',
  },
  secondBreaks: {
    name: 'causeway_link_second_line_breaks_total',
    help: 'Times that the second line of the link was open and broke.',
  },
}

export function createRegionMetrics(region: Region, registry: Registry): RegionMetrics {
  const registers = [registry]
  const commands = new Counter({
    name: 'causeway_commands_total',
    help: 'Commands by name and outcome: accepted, refused, pending, failed.',
    labelNames: ['command', 'outcome'],
    registers,
  })
  const commandSeconds = new Histogram({
    name: 'causeway_command_duration_seconds',
    help: 'Time from the call of a command to its durable outcome.',
    labelNames: ['command'],
    buckets: secondsBuckets,
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'causeway_request_duration_seconds',
    help: 'Time to answer a GraphQL request.',
    labelNames: ['kind', 'status'],
    buckets: secondsBuckets,
    registers,
  })
  const reads = new Counter({
    name: 'causeway_reads_total',
    help: 'Operations by the consistency they asked for and whether the region was as fresh in time: served, missed.',
    labelNames: ['consistency', 'outcome'],
    registers,
  })
  const staleness = new Histogram({
    name: 'causeway_read_staleness_seconds',
    help: 'How old the answer may be at most, by what is known of the other regions; reads where that is not known are not in it.',
    labelNames: ['consistency'],
    buckets: stalenessBuckets,
    registers,
  })
  new Gauge({
    name: 'causeway_link_lag_seconds',
    help: 'Age of the oldest thing that another region has and this one lacks.',
    labelNames: ['from'],
    registers,
    collect() {
      for (const link of region.links()) this.set({ from: link.from }, link.lagMs / msPerSecond)
    },
  })
  new Gauge({
    name: 'causeway_link_lag_events',
    help: 'Events that another region has and this one lacks.',
    labelNames: ['from'],
    registers,
    collect() {
      for (const link of region.links()) this.set({ from: link.from }, link.lagEvents)
    },
  })
  new Gauge({
    name: 'causeway_link_lag_commits',
    help: 'Commits that another region has and this one lacks, by its last word.',
    labelNames: ['from'],
    registers,
    collect() {
      for (const link of region.links()) this.set({ from: link.from }, link.lagCommits)
    },
  })
  new Gauge({
    name: 'causeway_link_connected',
    help: '1 while the link from another region is open.',
    labelNames: ['from'],
    registers,
    collect() {
      for (const link of region.links()) this.set({ from: link.from }, link.connected ? 1 : 0)
    },
  })
  new Gauge({
    name: 'causeway_link_lines',
    help: 'Open lines of the link from another region: 2 from a region that is far, 1 from one that is near.',
    labelNames: ['from'],
    registers,
    collect() {
      for (const link of region.links()) this.set({ from: link.from }, link.lines)
    },
  })
  new Gauge({
    name: 'causeway_frontier_sequence',
    help: 'Highest sequence applied here, by origin.',
    labelNames: ['origin'],
    registers,
    collect() {
      const frontier = region.frontier()
      for (const origin of Object.keys(frontier)) this.set({ origin }, sequenceOf(frontier, origin))
    },
  })
  new Gauge({
    name: 'causeway_clock_ahead_seconds',
    help: 'How far the clock of this node is ahead of that of another region, by its last word; negative where it is behind.',
    labelNames: ['region'],
    registers,
    collect() {
      for (const [of, leadMs] of region.clockLeads()) this.set({ region: of }, leadMs / msPerSecond)
    },
  })
  watchHistory(region, registry)
  watchDivergence(region, registry)
  watchHeld(region, registry)
  watchIncidents(region, registry)
  watchRights(region, registry)
  new Gauge({
    name: 'causeway_stable_sequence',
    help: 'Highest sequence that every member has shown to hold, by origin.',
    labelNames: ['origin'],
    registers,
    collect() {
      const stable = region.stableFrontier()
      for (const origin of Object.keys(stable)) this.set({ origin }, sequenceOf(stable, origin))
    },
  })
  for (const [count, { name, help }] of Object.entries(linkCounters)) {
    new Counter({
      name,
      help,
      labelNames: ['from'],
      registers,
      collect() {
        this.reset()
        for (const link of region.links()) this.inc({ from: link.from }, link.counts[count as keyof LinkCounts])
      },
    })
  }
  return {
    onCommand(command, outcome, durationMs) {
      commands.inc({ command, outcome })
      commandSeconds.observe({ command }, durationMs / msPerSecond)
    },
    onRead(consistency, isServed, stalenessMs) {
      reads.inc({ consistency, outcome: isServed ? 'served' : 'missed' })
      if (isServed && stalenessMs !== null) staleness.observe({ consistency }, stalenessMs / msPerSecond)
    },
    onRequest: (kind, status, durationMs) => requestSeconds.observe({ kind, status }, durationMs / msPerSecond),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
