// Stock rows merged by maximum. Nearly every write finds its rows there and gives nothing, or what given.ts can count
// without reading: plain updates by set do it. What they leave over (new rows, gifts that nobody knew what they come on
// top of) is merged by a statement that counts gifts at their receivers; it meets every target row once, so the check of
// rights sees what the row becomes, whichever of its cells and gifts came here.

import type { StockCells } from '@causeway/schema/stock/row'
import type { StockWrite } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { numbers, texts } from '../literals.ts'
import { type Group, giveByKey, givenOut, givesMore } from './given.ts'

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
        ${numbers(rows.map(({ cells }) => givenOut(cells.given)))}::bigint[]
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
    select case when count(*) < ${rows.length}::int then coalesce(json_agg(sku), '[]') end as updated from updated`.execute()
  const updated = found[0]?.updated ?? null
  if (updated === null) return []
  const skus = new Set(updated)
  return rows.filter(({ sku }) => !skus.has(sku))
}

/** Merging again what was merged already changes nothing. */
export async function writeStock(sql: Queries, rows: readonly StockWrite[]): Promise<void> {
  // The gifts of two logs may differ and have the same sum.
  const owing = rows.filter(({ mayOwe }) => mayOwe === true)
  const plain = owing.length === 0 ? rows : rows.filter(({ mayOwe }) => mayOwe !== true)
  // Gifts come first: who is given units may spend them in the same write.
  const gifts = groupsOf(plain.filter(givesMore)).map((group) => giveByKey(sql, group))
  const others = groupsOf(plain.filter((row) => !givesMore(row))).map((group) => updateGroup(sql, group))
  const left = await Promise.all([...gifts, ...others])
  const rest = [...left.flat(), ...owing]
  if (rest.length === 0) return
  await Promise.all([countGifts(sql, rest), mergeRows(sql, rest)])
}

/** What the givers' rows do not know of yet is counted at the receivers: first, so that they keep their rights in what follows. */
async function countGifts(sql: Queries, rows: readonly StockWrite[]): Promise<void> {
  const givers = rows.filter(({ cells }) => givenOut(cells.given) > 0)
  if (givers.length === 0) return
  await sql`
    insert into stock_rows as s
      (sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, given_in)
    select i.sku, i.location, g.key, 0, 0, 0, 0, 0, 0, '{}', 0, sum(n.units)
    from unnest(
      ${texts(givers.map(({ sku }) => sku))}::text[],
      ${texts(givers.map(({ location }) => location))}::text[],
      ${texts(givers.map(({ holder }) => holder))}::text[],
      ${texts(givers.map(({ cells }) => JSON.stringify(cells.given)))}::jsonb[]
    ) as i(sku, location, holder, given)
    left join lateral (${givenBefore(sql)}) o on true
    cross join lateral jsonb_each_text(i.given) g
    cross join lateral (select g.value::bigint - coalesce((o.given ->> g.key)::bigint, 0) as units) n
    where n.units > 0
    group by i.sku, i.location, g.key
    on conflict (sku, location, holder) do update set given_in = s.given_in + excluded.given_in`.execute()
}

/** Of the row that `i` names, by its key: a join of the planner's choice read the whole list for a few rows. */
function givenBefore(sql: Queries) {
  return sql`
    select given from stock_rows where sku = i.sku and location = i.location and holder = i.holder offset 0`
}

/** The rows themselves. A row is asked for its rights as it becomes, and is put in only where there is none: the proposal of
 * an upsert would be asked without what was given to it. */
function mergeRows(sql: Queries, rows: readonly StockWrite[]): Promise<unknown> {
  const column = (cell: CountedCell) => numbers(rows.map(({ cells }) => cells[cell]))
  return sql`
    with input as materialized (
      select i.*, o.given as old_given from unnest(
        ${texts(rows.map(({ sku }) => sku))}::text[],
        ${texts(rows.map(({ location }) => location))}::text[],
        ${texts(rows.map(({ holder }) => holder))}::text[],
        ${column('received')}::bigint[], ${column('returned')}::bigint[], ${column('sold')}::bigint[],
        ${column('released')}::bigint[], ${column('shipped')}::bigint[], ${column('writtenOff')}::bigint[],
        ${texts(rows.map(({ cells }) => JSON.stringify(cells.given)))}::jsonb[],
        ${numbers(rows.map(({ cells }) => givenOut(cells.given)))}::bigint[],
        ${texts(rows.map(({ mayOwe }) => String(mayOwe === true)))}::boolean[]
      ) as i(sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, owes)
      left join lateral (${givenBefore(sql)}) o on true
    ),
    merged as (
      select i.*, m.all_given, m.all_given_out from input i cross join lateral (
        select coalesce(jsonb_object_agg(key, units), '{}') as all_given, coalesce(sum(units), 0)::bigint as all_given_out
        from (
          select key, max(value::bigint) as units
          from (select * from jsonb_each_text(i.old_given) union all select * from jsonb_each_text(i.given)) e
          group by key
        ) cells
      ) m
      where i.old_given is not null
    ),
    updated as (
      update stock_rows s set
        received = greatest(s.received, i.received), returned = greatest(s.returned, i.returned),
        sold = greatest(s.sold, i.sold), released = greatest(s.released, i.released),
        shipped = greatest(s.shipped, i.shipped), written_off = greatest(s.written_off, i.written_off),
        given = i.all_given, given_out = i.all_given_out, owes = s.owes or i.owes
      from merged i where s.sku = i.sku and s.location = i.location and s.holder = i.holder
    )
    insert into stock_rows
      (sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, given_in, owes)
    select sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, 0, owes
    from input where old_given is null`.execute()
}
