import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { RightsCounts } from './rights-counts.ts'
import { watchRights } from './rights-metrics.ts'

it('S4: an operator sees what was asked and moved, who waited, and who was refused with what words', async () => {
  const counts = new RightsCounts()
  counts.answered('us', 5)
  counts.answered('us', 0)
  counts.failed('ap')
  counts.waited(250)
  counts.waited(500)
  counts.refusedAs(['OUT_OF_STOCK', 'OUT_OF_STOCK'])
  counts.refusedAs(['STOCK_UNREACHABLE'])
  const { asked, waits, refused } = counts
  const registry = new Registry()
  const now = { given: new Map([['ap', 7]]), waiting: 3, held: 2, watched: 40 }
  watchRights({ rights: () => ({ asked, waits, refused, ...now }) }, registry)
  const page = await registry.metrics()
  for (const line of [
    'causeway_rights_requests_total{peer="us",outcome="answered"} 2',
    'causeway_rights_requests_total{peer="ap",outcome="failed"} 1',
    'causeway_rights_units_total{peer="us",direction="received"} 5',
    'causeway_rights_units_total{peer="ap",direction="given"} 7',
    'causeway_rights_refused_total{code="OUT_OF_STOCK"} 1',
    'causeway_rights_refused_total{code="STOCK_UNREACHABLE"} 1',
    'causeway_rights_waits_total 2',
    'causeway_rights_wait_seconds_total 0.75',
    'causeway_rights_waiting 3',
    'causeway_rights_held_requests 2',
    'causeway_rights_watched_skus 40',
  ])
    expect(page).toContain(`${line}\n`)
})
