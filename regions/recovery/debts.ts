// What an origin that has signed two logs leaves behind where those together sold or gave more than it had (C6): nobody can pay
// it, and whoever has to tell shoppers is told how much it is.

import type { Store } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { rightsOf } from '@causeway/schema/stock/row'
import type { IncidentBook } from '../integrity/incident-book.ts'

const rowsPerPage = 2_000
/** SKUs that the incident names. */
const maximumNamed = 200

/** Once for each origin, however often it is looked at. */
export async function tellDebts(
  store: Pick<Store, 'scanStock'>,
  incidents: Pick<IncidentBook, 'raise'>,
  origin: Origin,
): Promise<void> {
  const debts: { readonly sku: string; readonly units: number }[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<Store['scanStock']>> = await store.scanStock(after, rowsPerPage)
    for (const row of page.rows) {
      const units = -rightsOf(row)
      if (row.holder === origin && units > 0) debts.push({ sku: row.sku, units })
    }
    after = page.next
  } while (after !== null)
  if (debts.length === 0) return
  const named = debts.slice(0, maximumNamed).map(({ sku, units }) => `${units} of ${sku}`)
  await incidents.raise({
    kind: 'debt',
    subject: `fork:${origin}`,
    entityIds: debts.slice(0, maximumNamed).map(({ sku }) => sku),
    detail: `${origin} has signed two logs, which together sold or gave units that it did not have: ${named.join(', ')}. All orders stand, and as many units will be missing: get them in, or tell shoppers otherwise, and resolve this incident.`,
  })
}
