// Where a region raises incidents: once per subject, whoever sees it how often, with one line in the log. Knows no rule.

import type { Incident, IncidentKind } from '@causeway/db/integrity'
import type { Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { incidentId } from '@causeway/schema/documents/ids'
import type { Ports } from '../ports.ts'

export interface IncidentReport {
  readonly kind: IncidentKind
  /** What tells it from others of its kind: the same words whenever it is seen again. No blanks. */
  readonly subject: string
  readonly entityIds: readonly string[]
  /** What happened, what was kept, and what to do. */
  readonly detail: string
}

/** More are counted as so many. */
const maximumCounted = 1_000

/** Of the region whose store it is; kinds of which none is open are left out. */
export async function openIncidents(store: Pick<Store, 'incidents'>): Promise<ReadonlyMap<IncidentKind, number>> {
  const counts = new Map<IncidentKind, number>()
  for (const { kind } of await store.incidents.list({ first: maximumCounted, after: null, open: true }))
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

export interface IncidentBookSetting {
  readonly region: RegionId
  readonly store: Pick<Store, 'incidents'>
  readonly ports: Pick<Ports, 'clock' | 'logger'>
}

export class IncidentBook {
  readonly #setting: IncidentBookSetting

  constructor(setting: IncidentBookSetting) {
    this.#setting = setting
  }

  /** True where it is new. Rejects with StoreError: raise it again when it is seen again. */
  async raise({ kind, subject, entityIds, detail }: IncidentReport): Promise<boolean> {
    const { region, store, ports } = this.#setting
    const id = incidentId(region, kind, subject)
    const isNew = await store.incidents.raise({ id, kind, region, entityIds, detail, atMs: ports.clock.now() })
    if (isNew) ports.logger.error({ incident: id, kind, entityIds }, `incident: ${detail}`)
    return isNew
  }

  /** Null where this region has raised no such incident. */
  resolve(id: string, atMs: number, note: string): Promise<Incident | null> {
    return this.#setting.store.incidents.resolve(id, atMs, note)
  }
}
