// What a region tells Prometheus. Gauges are read from the region when they are asked for.

import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { CommandListener } from '../graphql/context.ts'
import { watchHistory } from '../history/metrics.ts'
import type { Region } from '../region.ts'

export interface RegionMetrics {
  readonly onCommand: CommandListener
  onRequest(kind: 'http' | 'websocket', status: number, durationMs: number): void
  text(): Promise<string>
  readonly contentType: string
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const msPerSecond = 1_000

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
    name: 'causeway_link_connected',
    help: '1 while the link from another region is open.',
    labelNames: ['from'],
    registers,
    collect() {
      for (const link of region.links()) this.set({ from: link.from }, link.connected ? 1 : 0)
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
  watchHistory(region, registry)
  return {
    onCommand(command, outcome, durationMs) {
      commands.inc({ command, outcome })
      commandSeconds.observe({ command }, durationMs / msPerSecond)
    },
    onRequest: (kind, status, durationMs) => requestSeconds.observe({ kind, status }, durationMs / msPerSecond),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
