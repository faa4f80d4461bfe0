// What a region tells Prometheus of commits that it keeps and does not apply (C6, C7).

import { Gauge, type Registry } from 'prom-client'
import type { Region } from '../region.ts'

export function watchHeld(region: Pick<Region, 'store'>, registry: Registry): void {
  new Gauge({
    name: 'causeway_held_commits',
    help: 'Commits kept as evidence and not applied, by origin and by why: quarantine, equivocation.',
    labelNames: ['origin', 'held_for'],
    registers: [registry],
    async collect() {
      try {
        const held = await region.store.evidence.held()
        this.reset()
        for (const { origin, heldFor } of held) this.inc({ origin, held_for: heldFor })
      } catch {
        // A database that is away must not cost the other metrics of the page: this one keeps its last values then.
      }
    },
  })
}
