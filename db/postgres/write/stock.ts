// Stock rows merged by maximum. Nearly every write finds its rows there and gives nothing: one plain update by set does
// it. What that leaves over (new rows, gifts) is merged by a statement that counts gifts at their receivers; it meets
// every target row once, so the check of rights sees what the row becomes, whichever of its cells and gifts came here.

import type { Origin } from '@causeway/schema/clock/origin'
import type { StockCells } from '@causeway/schema/stock/row'
import type { StockWrite } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { numbers, texts } from '../literals.ts'

interface Group {
  readonly location: string
  readonly holder: Origin
  readonly rows: StockWrite[]
}

type CountedCell = Exclude<keyof StockCells, 'given'>

function groupsOf(rows: readonly StockWrite[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const row of rows) {
    const { location, holder } = row
    const key = `${location} ${holder}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { location, holder, rows: [row] })
    else group.rows.push(row)
  }
  return [...groups.values()]
}

function givenOut({ given }: StockCells): number {
  let units = 0
  for (const holder in given) units += given[holder] ?? 0
  return units
}

/**
 * Which rows are left over: those that were not there, had given less, or would not keep their rights. A holder's cells
 * are one growing chain, so of two states with the same sum of gifts the gifts are the same, and no JSON needs to travel.
 */
async function updateGroup(sql: Queries, { location, holder, rows }: Group): Promise<readonly StockWrite[]> {
  const column = (cell: CountedCell) => numbers(rows.map(({ cells }) => cells[cell]))
  const found = await sql<{ readonly updated: readonly string[] | null }[]>`
    with input as materialized (
      select * from unnest(
        ${texts(rows.map(({ sku }) => sku))}::text[],
        ${column('received')}::bigint[], ${column('returned')}::bigint[], ${column('sold')}::bigint[],
        ${column('released')}::bigint[], ${column('shipped')}::bigint[], ${column('writtenOff')}::bigint[],
        ${numbers(rows.map(({ cells }) => givenOut(cells)))}::bigint[]
      ) as i(sku, received, returned, sold, released, shipped, written_off, given_out)
    ),
    updated as (
      update stock_rows s set
        received = greatest(s.received, i.received), returned = greatest(s.returned, i.returned),
        sold = greatest(s.sold, i.sold), released = greatest(s.released, i.released),
        shipped = greatest(s.shipped, i.shipped), written_off = greatest(s.written_off, i.written_off)
      from input i
      where s.sku = i.sku and s.location = ${location} and s.holder = ${holder} and s.given_out = i.given_out
        and greatest(s.received, i.received) + greatest(s.returned, i.returned) + greatest(s.released, i.released)
          + s.given_in >= s.given_out + greatest(s.sold, i.sold) + greatest(s.written_off, i.written_off)
      returning i.sku
    )
    select case when count(*) < ${rows.length}::int then coalesce(array_agg(sku), '{}') end as updated from updated`.execute()
  const updated = found[0]?.updated ?? null
  if (updated === null) return []
  const skus = new Set(updated)
  return rows.filter(({ sku }) => !skus.has(sku))
}

/** Merging again what was merged already changes nothing. */
export async function writeStock(sql: Queries, rows: readonly StockWrite[]): Promise<void> {
  const left = await Promise.all(groupsOf(rows).map((group) => updateGroup(sql, group)))
  const rest = left.flat()
  if (rest.length > 0) await mergeRows(sql, rest)
}

function mergeRows(sql: Queries, rows: readonly StockWrite[]): Promise<unknown> {
  const column = (cell: CountedCell) => numbers(rows.map(({ cells }) => cells[cell]))
  return sql`
    with input as materialized (
      select i.*, coalesce(s.given, '{}') as old_given, coalesce(s.given_out, 0) as old_given_out
      from unnest(
        ${texts(rows.map(({ sku }) => sku))}::text[],
        ${texts(rows.map(({ location }) => location))}::text[],
        ${texts(rows.map(({ holder }) => holder))}::text[],
        ${column('received')}::bigint[], ${column('returned')}::bigint[], ${column('sold')}::bigint[],
        ${column('released')}::bigint[], ${column('shipped')}::bigint[], ${column('writtenOff')}::bigint[],
        ${texts(rows.map(({ cells }) => JSON.stringify(cells.given)))}::jsonb[]
      ) as i(sku, location, holder, received, returned, sold, released, shipped, written_off, given)
      left join stock_rows s on s.sku = i.sku and s.location = i.location and s.holder = i.holder
    ),
    gifts as (
      select i.sku, i.location, g.key as holder,
        sum(greatest(g.value::bigint - coalesce((i.old_given ->> g.key)::bigint, 0), 0))::bigint as units
      from input i cross join lateral jsonb_each_text(i.given) g
      where i.given <> i.old_given
      group by 1, 2, 3
      having sum(greatest(g.value::bigint - coalesce((i.old_given ->> g.key)::bigint, 0), 0)) > 0
    ),
    target as (
      select sku, location, holder,
        coalesce(i.received, 0) as received, coalesce(i.returned, 0) as returned, coalesce(i.sold, 0) as sold,
        coalesce(i.released, 0) as released, coalesce(i.shipped, 0) as shipped,
        coalesce(i.written_off, 0) as written_off,
        case when i.given is null or i.given = i.old_given then i.old_given else (
          select coalesce(jsonb_object_agg(key, units), '{}') from (
            select key, max(value::bigint) as units
            from (select * from jsonb_each_text(i.old_given) union all select * from jsonb_each_text(i.given)) e
            group by key
          ) m
        ) end as given,
        case when i.given is null or i.given = i.old_given then i.old_given_out else (
          select coalesce(sum(units), 0)::bigint from (
            select max(value::bigint) as units
            from (select * from jsonb_each_text(i.old_given) union all select * from jsonb_each_text(i.given)) e
            group by key
          ) m
        ) end as given_out,
        coalesce(g.units, 0) as given_in
      from input i full join gifts g using (sku, location, holder)
    )
    merge into stock_rows s using target t
      on s.sku = t.sku and s.location = t.location and s.holder = t.holder
    when matched then update set
      received = greatest(s.received, t.received), returned = greatest(s.returned, t.returned),
      sold = greatest(s.sold, t.sold), released = greatest(s.released, t.released),
      shipped = greatest(s.shipped, t.shipped), written_off = greatest(s.written_off, t.written_off),
      given = coalesce(t.given, s.given), given_out = coalesce(t.given_out, s.given_out),
      given_in = s.given_in + t.given_in
    when not matched then insert
      (sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, given_in)
      values (t.sku, t.location, t.holder, t.received, t.returned, t.sold, t.released, t.shipped, t.written_off,
        coalesce(t.given, '{}'), coalesce(t.given_out, 0), t.given_in)`.execute()
}
