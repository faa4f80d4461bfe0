// One statement that merges stock rows by maximum and counts gifts at their receivers. Every target row is met once, so
// the check of rights sees what the row becomes, whichever of its cells and gifts came in this write.

import type { StockWrite } from '../../store.ts'
import type { Queries } from '../connection.ts'
import { numbers, texts } from '../literals.ts'

export function writeStock(sql: Queries, rows: readonly StockWrite[]): Promise<unknown> {
  const column = (cell: 'received' | 'returned' | 'sold' | 'released' | 'shipped' | 'writtenOff') =>
    numbers(rows.map(({ cells }) => cells[cell]))
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
