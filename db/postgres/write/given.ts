// Rows that give more, as nearly all of them do it: the row is there and has given so far what its writer holds it to
// have given, and the rows of those that are given to are there. Then nothing has to be read or taken apart, and one
// statement grows the rows and counts the gifts. Whatever it does not find so is left to who merges by reading.

import type { Origin } from '@causeway/schema/clock/origin'
import type { StockCells } from '@causeway/schema/stock/row'
import type { StockWrite } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { numbers, texts } from '../literals.ts'

/** Rows of one holder at one location. */
export interface Group {
  readonly location: string
  readonly holder: Origin
  readonly rows: StockWrite[]
}

type CountedCell = Exclude<keyof StockCells, 'given'>

export function givenOut(given: StockCells['given']): number {
  let units = 0
  for (const holder in given) units += given[holder] ?? 0
  return units
}

/** True where the row gives more than before to some, less to none, and nothing to its own holder. */
export function givesMore({ holder, cells, givenBefore }: StockWrite): boolean {
  if (givenBefore === undefined) return false
  let more = 0
  for (const receiver in cells.given) {
    const units = (cells.given[receiver] ?? 0) - (givenBefore[receiver] ?? 0)
    if (units < 0 || receiver === holder) return false
    more += units
  }
  for (const receiver in givenBefore) if (cells.given[receiver] === undefined) return false
  return more > 0
}

interface Gift {
  readonly sku: string
  readonly receiver: Origin
  readonly units: number
}

interface Found {
  /** Null for all of them. */
  readonly updated: readonly string[] | null
  readonly counted: number
  /** As `receiver/sku`; null where all were counted. */
  readonly received: readonly string[] | null
}

/** Grows rows that all give more. Which are left over: those that are not there, have given something else, or would not keep their rights. */
export async function giveByKey(sql: Queries, { location, holder, rows }: Group): Promise<readonly StockWrite[]> {
  const receivers = [...new Set(rows.flatMap(({ cells }) => Object.keys(cells.given)))]
  const unitsOf = ({ cells, givenBefore = {} }: StockWrite) =>
    receivers.map((receiver) => (cells.given[receiver] ?? 0) - (givenBefore[receiver] ?? 0))
  const units = rows.flatMap(unitsOf)
  const column = (cell: CountedCell) => numbers(rows.map(({ cells }) => cells[cell]))
  const [found] = await sql<Found[]>`
    with input as materialized (
      select * from unnest(
        ${texts(rows.map(({ sku }) => sku))}::text[],
        ${column('received')}::bigint[], ${column('returned')}::bigint[], ${column('sold')}::bigint[],
        ${column('released')}::bigint[], ${column('shipped')}::bigint[], ${column('writtenOff')}::bigint[],
        ${numbers(rows.map(({ cells }) => givenOut(cells.given)))}::bigint[],
        ${numbers(rows.map(({ givenBefore = {} }) => givenOut(givenBefore)))}::bigint[],
        ${texts(rows.map(({ cells }) => JSON.stringify(cells.given)))}::text[]
      ) with ordinality
        as i(sku, received, returned, sold, released, shipped, written_off, given_out, given_before, given, number)
    ),
    updated as (
      update stock_rows s set
        received = greatest(s.received, i.received), returned = greatest(s.returned, i.returned),
        sold = greatest(s.sold, i.sold), released = greatest(s.released, i.released),
        shipped = greatest(s.shipped, i.shipped), written_off = greatest(s.written_off, i.written_off),
        given = i.given::jsonb, given_out = i.given_out
      from input i
      where s.sku = i.sku and s.location = ${location} and s.holder = ${holder} and s.given_out = i.given_before
        and greatest(s.received, i.received) + greatest(s.returned, i.returned) + greatest(s.released, i.released)
          + s.given_in >= i.given_out + greatest(s.sold, i.sold) + greatest(s.written_off, i.written_off)
      returning i.sku, i.number
    ),
    gifts as (
      select u.sku, r.holder,
        (${numbers(units)}::bigint[])[(u.number - 1) * ${receivers.length}::bigint + r.number] as units
      from updated u cross join unnest(${texts(receivers)}::text[]) with ordinality as r(holder, number)
    ),
    counted as (
      update stock_rows s set given_in = s.given_in + g.units
      from gifts g where s.sku = g.sku and s.location = ${location} and s.holder = g.holder and g.units > 0
      returning g.holder || '/' || g.sku as name
    )
    select
      (select case when count(*) < ${rows.length}::int then coalesce(json_agg(sku), '[]') end from updated) as updated,
      (select count(*) from counted) as counted,
      (select case when count(*) < ${units.filter((each) => each > 0).length}::int
        then coalesce(json_agg(name), '[]') end from counted) as received`.execute()
  const { updated = [], received = [] } = found ?? {}
  if (updated === null && received === null) return []
  const skus = updated === null ? null : new Set(updated)
  const isUpdated = ({ sku }: StockWrite) => skus === null || skus.has(sku)
  const names = new Set(received)
  const uncounted = rows.filter(isUpdated).flatMap((row): readonly Gift[] =>
    unitsOf(row).flatMap((each, index) => {
      const receiver = receivers[index] ?? ''
      return each === 0 || received === null || names.has(`${receiver}/${row.sku}`)
        ? []
        : [{ sku: row.sku, receiver, units: each }]
    }),
  )
  if (uncounted.length > 0) await countFirstGifts(sql, location, uncounted)
  return rows.filter((row) => !isUpdated(row))
}

/** Each to a holder that had no row of the SKU; another giver of the same write may have made it one by now. */
async function countFirstGifts(sql: Queries, location: string, gifts: readonly Gift[]): Promise<void> {
  await sql`
    insert into stock_rows as s
      (sku, location, holder, received, returned, sold, released, shipped, written_off, given, given_out, given_in)
    select sku, ${location}, holder, 0, 0, 0, 0, 0, 0, '{}', 0, units
    from unnest(
      ${texts(gifts.map(({ sku }) => sku))}::text[], ${texts(gifts.map(({ receiver }) => receiver))}::text[],
      ${numbers(gifts.map(({ units }) => units))}::bigint[]
    ) as g(sku, holder, units)
    on conflict (sku, location, holder) do update set given_in = s.given_in + excluded.given_in`.execute()
}
