// Figures for Prometheus. Counts what others tell it; measures nothing itself.

import type { RegionId } from '@causeway/schema/clock/origin'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Fleet } from './routing/fleet.ts'
import type { RegionState } from './routing/health.ts'
import { shownHealth } from './routing/shown.ts'

const states: readonly RegionState[] = ['HEALTHY', 'DEGRADED', 'UNREACHABLE', 'DRAINING', 'RETIRED']

export class Metrics {
  readonly registry = new Registry()
  readonly #operations = new Counter({
    name: 'causeway_gateway_operations_total',
    help: 'Operations by the way they took and how they ended.',
    labelNames: ['way', 'outcome'],
    registers: [this.registry],
  })
  readonly #seconds = new Histogram({
    name: 'causeway_gateway_operation_seconds',
    help: 'Time to the first byte of the answer.',
    labelNames: ['way'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  })
  readonly #retries = new Counter({
    name: 'causeway_gateway_retries_total',
    help: 'Attempts that were taken to another region, by the region that gave no answer.',
    labelNames: ['region'],
    registers: [this.registry],
  })
  readonly #moves = new Counter({
    name: 'causeway_gateway_subscription_moves_total',
    help: 'Subscriptions that had to go on elsewhere, by the region that was lost.',
    labelNames: ['region'],
    registers: [this.registry],
  })
  readonly #subscriptions = new Gauge({
    name: 'causeway_gateway_subscriptions',
    help: 'Subscriptions that are open now.',
    registers: [this.registry],
  })

  constructor(fleet: Fleet) {
    collectDefaultMetrics({ register: this.registry })
    const registers = [this.registry]
    new Gauge({
      name: 'causeway_gateway_region_state',
      help: '1 for the state that a region is in.',
      labelNames: ['region', 'state'],
      registers,
      collect() {
        for (const region of fleet.all()) {
          const shown = shownHealth(region, fleet).state
          for (const state of states) this.set({ region: region.id, state }, shown === state ? 1 : 0)
        }
      },
    })
    new Gauge({
      name: 'causeway_gateway_region_latency_seconds',
      help: 'Round trip to a region, moving average.',
      labelNames: ['region'],
      registers,
      collect() {
        for (const { id, health } of fleet.all()) this.set({ region: id }, health.latencyMs / 1_000)
      },
    })
  }

  answered(way: string, outcome: string, elapsedMs: number): void {
    this.#operations.inc({ way, outcome })
    this.#seconds.observe({ way }, elapsedMs / 1_000)
  }

  retried(region: RegionId): void {
    this.#retries.inc({ region })
  }

  moved(region: RegionId): void {
    this.#moves.inc({ region })
  }

  subscriptions(change: 1 | -1): void {
    this.#subscriptions.inc(change)
  }
}
