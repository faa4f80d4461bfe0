// What a region tells Prometheus of what its operators have to look at.

import { incidentKinds } from '@causeway/db/integrity'
import { Gauge, type Registry } from 'prom-client'
import { openIncidents } from '../integrity/incident-book.ts'
import type { Region } from '../region.ts'

export function watchIncidents({ store }: Pick<Region, 'store'>, registry: Registry): void {
  new Gauge({
    name: 'causeway_open_incidents',
    help: 'Incidents that this region has raised and nobody has resolved, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      try {
        const open = await openIncidents(store)
        for (const kind of incidentKinds) this.set({ kind }, open.get(kind) ?? 0)
      } catch {
        // A database that is away must not cost the other metrics of the page: this one keeps its last values then.
      }
    },
  })
}
