// The baseline of everything that is about events a second: the plainest way of recording stock movements, one
// transaction each on one Postgres, neither replicated nor signed.

import postgres from 'postgres'
import { asFastAsPossible } from './caller.ts'
import { skuOf } from './shop.ts'

const warmUpMs = 1_000

export interface PlainOptions {
  /** Connections. */
  readonly lanes: number
  readonly skus: number
  readonly forMs: number
}

/** Makes its tables in the database at `url`: once per database. */
export async function plainTransactionsPerSecond(url: string, { lanes, skus, forMs }: PlainOptions): Promise<number> {
  const sql = postgres(url, { max: lanes, onnotice: () => {} })
  try {
    await sql`create table movement (id bigserial primary key, sku text not null, kind text not null, quantity int not null, at timestamptz not null default now())`
    await sql`create table stock (sku text primary key, units bigint not null check (units >= 0))`
    await sql`insert into stock select 'sku-' || n, 1000000 from generate_series(0, ${skus - 1}::int) n`
    let done = 0
    const one = async () => {
      const sku = skuOf(Math.floor(Math.random() * skus))
      await sql.begin(async (transaction) => {
        await transaction`insert into movement (sku, kind, quantity) values (${sku}, 'SALE', 1)`
        await transaction`update stock set units = units - 1 where sku = ${sku} and units >= 1`
      })
      done += 1
    }
    await asFastAsPossible(lanes, warmUpMs, one)
    done = 0
    const tookMs = await asFastAsPossible(lanes, forMs, one)
    return (done * 1_000) / tookMs
  } finally {
    await sql.end()
  }
}
