// What is compared with: all stock in one Postgres that every region reaches over the same network, a row for each SKU,
// locked by SELECT … FOR UPDATE for each sale. Knows nothing of Causeway.

import { randomUUID } from 'node:crypto'
import postgres from 'postgres'

export interface CentralOptions {
  /** Its server, as it is reached from the selling region. */
  readonly url: string
  readonly skus: number
  readonly connections: number
}

const units = 1_000_000_000

export class CentralStock {
  readonly #sql: postgres.Sql

  private constructor(sql: postgres.Sql) {
    this.#sql = sql
  }

  /** Makes its tables: once per database. */
  static async open({ url, skus, connections }: CentralOptions): Promise<CentralStock> {
    const sql = postgres(url, { max: connections, onnotice: () => {} })
    await sql`create table central_stock (sku text primary key, units bigint not null check (units >= 0))`
    await sql`create table central_order (id text primary key, sku text not null, quantity int not null, at timestamptz not null default now())`
    await sql`insert into central_stock select 'sku-' || n, ${units}::bigint from generate_series(0, ${skus - 1}::int) n`
    return new CentralStock(sql)
  }

  /** As an application does it that looks before it writes: a transaction of five statements, each a round trip. */
  async sell(sku: string): Promise<void> {
    await this.#sql.begin(async (transaction) => {
      const [row] = await transaction`select units from central_stock where sku = ${sku} for update`
      if (row === undefined || Number(row.units) < 1) throw new Error(`no ${sku} is left`)
      await transaction`update central_stock set units = units - 1 where sku = ${sku}`
      await transaction`insert into central_order (id, sku, quantity) values (${randomUUID()}, ${sku}, 1)`
    })
  }

  /** The least that it can take: all of it in one statement, one round trip. */
  async sellAtOnce(sku: string): Promise<void> {
    const sold = await this.#sql`
      with locked as (select sku from central_stock where sku = ${sku} and units >= 1 for update),
        taken as (update central_stock set units = units - 1 from locked where central_stock.sku = locked.sku returning central_stock.sku)
      insert into central_order (id, sku, quantity) select ${randomUUID()}, sku, 1 from taken returning id`
    if (sold.length === 0) throw new Error(`no ${sku} is left`)
  }

  async close(): Promise<void> {
    await this.#sql.end()
  }
}
