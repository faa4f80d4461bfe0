// Rows spoiled behind the store's back, in real databases, while the links look healthy: found, told and put right.

import { ask, type ServedCluster } from '@causeway/regions/http/cluster.testing'
import { sell, stockMug, upsertProduct } from '@causeway/regions/http/shop.testing'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eu, type SpoilableCluster, serveSpoilable, us } from './spoilable.testing.ts'

const skus = Array.from({ length: 12 }, (_, index) => `mug-${index}`)
const patience = { timeout: 20_000, interval: 100 }

let cluster: ServedCluster
let sql: postgres.Sql
let spoilable: SpoilableCluster

const settled = async () => {
  const [left, right] = [cluster.at(us).region, cluster.at(eu).region]
  await vi.waitFor(() => expect(left.frontier()).toEqual(right.frontier()), patience)
}
/** Both regions' digests, read anew by their rounds. */
const agree = async () => {
  await vi.waitFor(async () => {
    expect(await cluster.at(us).region.digest()).toBe(await cluster.at(eu).region.digest())
  }, patience)
}
const repaired = () => cluster.at(us).region.divergence().repaired
const isHealthy = () =>
  cluster
    .at(us)
    .region.links()
    .every(({ connected, lagMs }) => connected && lagMs < 1_000)

beforeAll(async () => {
  spoilable = await serveSpoilable({ divergenceRoundMs: 200 })
  ;({ cluster, sql } = spoilable)
  await stockMug(cluster.at(us), 20, ...skus)
  await vi.waitFor(() => expect(cluster.at(us).region.links()[0]?.connected).toBe(true), patience)
  await settled()
  for (const sku of skus) await sell(cluster.at(us), `order-${sku}`, sku)
  await settled()
})

afterAll(() => spoilable.stop())

describe('a row spoiled behind the back of the store', () => {
  it('C9, C3: whole tables agree, and nothing is found where nothing is wrong', async () => {
    const before = cluster.at(us).region.divergence().checkedAt
    await vi.waitFor(() => expect(cluster.at(us).region.divergence().checkedAt).not.toBe(before), patience)
    await agree()
    expect(cluster.at(us).region.divergence()).toMatchObject({
      found: { documents: 0, stock: 0, conflicts: 0, log: 0 },
      repaired: { documents: 0, stock: 0, conflicts: 0, log: 0 },
      open: [],
    })
  })

  it('C9: what a document shows is again what its changes say', async () => {
    const before = repaired().documents
    await sql`update documents set state = replace(state::text, 'Mug', 'Jug')::json, indexed = replace(indexed::text, 'Mug', 'Jug')::json
      where kind = 'product' and id = 'product-mug-3'`
    await vi.waitFor(() => expect(repaired().documents).toBe(before + 1), patience)
    expect(isHealthy()).toBe(true)
    const shown = await ask(cluster.at(us).server, '{ product(id: "product-mug-3") { title } }')
    expect(shown.data).toEqual({ product: { title: 'Mug' } })
    await agree()
  })

  it('C9: a document that is filed wrongly is found again by its SKU and in lists', async () => {
    const before = repaired().documents
    await sql`delete from document_aliases where kind = 'product' and id = 'product-mug-3'`
    await sql`update documents set status = 'LOST', owner = 'nobody', sort_key = 'zzz' where id = 'product-mug-3'`
    await vi.waitFor(() => expect(repaired().documents).toBe(before + 1), patience)
    const [filed] = await sql`select sort_key, owner, status, (
      select json_agg(name) from document_aliases a where a.id = d.id) as names from documents d where id = 'product-mug-3'`
    expect(filed).toEqual({ sort_key: '', owner: null, status: 'ACTIVE', names: ['sku:mug-3'] })
    expect(isHealthy()).toBe(true)
    await agree()
  })

  it('C9: a document that is gone comes back with all that belongs to it, and can be changed again', async () => {
    const before = repaired().documents
    await sql`delete from documents where kind = 'product' and id = 'product-mug-4'`
    await vi.waitFor(() => expect(repaired().documents).toBe(before + 1), patience)
    const input = { id: 'product-mug-4', title: 'Large mug' }
    const changed = await ask(cluster.at(us).server, upsertProduct, { input })
    expect(changed.data).toMatchObject({ upsertProduct: { product: { title: 'Large mug' }, userErrors: [] } })
    await settled()
    await agree()
  })

  it('C9: a document that no commit made is taken away', async () => {
    const before = repaired().documents
    await sql`insert into documents (kind, id, heads, state, indexed, sort_key, tags, search)
      select kind, 'product-nobody', heads, state, indexed, sort_key, tags, search from documents
      where kind = 'product' and id = 'product-mug-5'`
    await vi.waitFor(() => expect(repaired().documents).toBe(before + 1), patience)
    expect(await sql`select 1 from documents where id = 'product-nobody'`).toEqual([])
    await agree()
  })

  it('C9: the bytes of a change that nobody reads are put right, too', async () => {
    const before = repaired().documents
    const spoiled = await sql`update document_changes set bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 255)
      where kind = 'order' and id = 'order-mug-6' returning number`
    expect(spoiled.length).toBeGreaterThan(0)
    await vi.waitFor(() => expect(repaired().documents).toBe(before + 1), patience)
    const cancel = 'mutation { cancelOrder(input: { id: "order-mug-6" }) { order { status } userErrors { code } } }'
    expect((await ask(cluster.at(us).server, cancel)).data).toMatchObject({ cancelOrder: { userErrors: [] } })
    await settled()
    await agree()
  })

  it('C9, S1: rights raised behind the back of the log go back to what it says, and no further', async () => {
    const before = repaired().stock
    await sql`update stock_rows set received = received + 1000, sold = 0 where sku = 'mug-7' and holder = ${us}`
    await vi.waitFor(() => expect(repaired().stock).toBe(before + 1), patience)
    const [row] = await sql`select received, sold, given_in from stock_rows where sku = 'mug-7' and holder = ${us}`
    expect(row).toEqual({ received: '20', sold: '1', given_in: '0' })
    const shown = await ask(cluster.at(us).server, '{ stock(sku: "mug-7") { available } }')
    expect(shown.data).toEqual({ stock: { available: 19 } })
    await agree()
  })

  it('C9: units that were taken from a row are there again, and can be sold', async () => {
    const before = repaired().stock
    await sql`update stock_rows set sold = sold + 2 where sku = 'mug-8' and holder = ${us}`
    await vi.waitFor(() => expect(repaired().stock).toBe(before + 1), patience)
    await sell(cluster.at(us), 'order-after', 'mug-8')
    await settled()
    await agree()
  })

  it('C9, W6: a commit whose bytes were spoiled is the signed one again, fetched from a peer', async () => {
    const before = repaired().log
    const [whole] = await sql`select body from commits where position = 3`
    await sql`update commits set body = set_byte(body, octet_length(body) - 10, 7) where position = 3`
    await vi.waitFor(() => expect(repaired().log).toBe(before + 1), patience)
    const [mended] = await sql`select body, touched from commits where position = 3`
    expect(mended?.body).toEqual(whole?.body)
    expect(mended?.touched).not.toEqual([])
  })

  it('C9: a commit that is gone from the log is there again, at its place', async () => {
    const before = repaired().log
    const [whole] = await sql`select * from commits where position = 5`
    await sql`delete from commits where position = 5`
    await vi.waitFor(() => expect(repaired().log).toBe(before + 1), patience)
    const [mended] = await sql`select * from commits where position = 5`
    expect(mended).toEqual(whole)
  })

  it('C9: a commit whose columns were spoiled is put right from its own bytes, though no peer answers', async () => {
    cluster.cut(us, eu)
    const before = repaired().log
    await sql`update commits set last_sequence = last_sequence + 100000, hash = '\\x00' where position = 4`
    await vi.waitFor(() => expect(repaired().log).toBe(before + 1), patience)
    cluster.heal(us, eu)
    await settled()
  })

  it('C9: a document is found by its words again', async () => {
    const before = repaired().documents
    await sql`update documents set search = to_tsvector('simple', 'anvil') where id = 'product-mug-9'`
    await vi.waitFor(() => expect(repaired().documents).toBe(before + 1), patience)
    const search = 'query ($search: String) { products(search: $search, first: 20) { edges { node { id } } } }'
    const found = JSON.stringify((await ask(cluster.at(us).server, search, { search: 'mug' })).data)
    expect(found).toContain('"product-mug-9"')
    const none = await ask(cluster.at(us).server, search, { search: 'anvil' })
    expect(none.data).toEqual({ products: { edges: [] } })
  })

  it('C9, C3: the conflict log is again what the changes make of it, row by row', async () => {
    cluster.cut(us, eu)
    for (const [id, title] of [
      [us, 'Red mug'],
      [eu, 'Blue mug'],
    ] as const)
      await ask(cluster.at(id).server, upsertProduct, { input: { id: 'product-mug-10', title } })
    cluster.heal(us, eu)
    await settled()
    const rows = () => sql`select id, kind, document, path, place, policy, earlier, later from conflicts order by id`
    const whole = await rows()
    expect(whole.length).toBeGreaterThan(0)
    const spoils = [
      () =>
        sql`update conflicts set later = replace(later::text, 'mug', 'jug')::json where document = 'product-mug-10'`,
      () => sql`delete from conflicts where document = 'product-mug-10'`,
      () => sql`insert into conflicts (id, kind, document, path, place, policy, earlier, later)
        select repeat('0', 32), kind, document, path, left(place, -32) || repeat('0', 32), policy, earlier, later from conflicts
        where document = 'product-mug-10' limit 1`,
    ]
    for (const spoil of spoils) {
      const before = repaired().conflicts
      await spoil()
      await vi.waitFor(() => expect(repaired().conflicts).toBe(before + 1), patience)
      expect(await rows()).toEqual(whole)
    }
    expect(isHealthy()).toBe(true)
    await agree()
    expect(cluster.at(eu).region.divergence().repaired.conflicts).toBe(0)
  })

  it('C9, C11: a segment of the archive that cannot be read is there again, each commit by the signature of its origin', async () => {
    const { store } = cluster.at(us).region
    const hashes = async () => {
      const commits = await store.commitsAfterVector({}, 0, 1 << 26)
      return commits.map(({ commit }) => Buffer.from(commit.hash).toString('hex')).sort()
    }
    const whole = await hashes()
    const ever = { wallMs: 8_000_000_000_000, counter: 0 }
    const request = { stable: cluster.at(us).region.frontier(), before: ever, smallBefore: ever }
    expect((await store.history.archive(request)).commits).toBeGreaterThan(10)
    const before = repaired().log
    await sql`update log_segments set body = substr(body, 1, octet_length(body) / 2)`
    await vi.waitFor(() => expect(repaired().log).toBe(before + 1), patience)
    expect((await hashes()).filter((hash) => whole.includes(hash))).toEqual(whole)
    expect(isHealthy()).toBe(true)
    await agree()
  })

  it('C9: an operator sees what was found and put right', async () => {
    const text = await (await fetch(`${cluster.at(us).server.url}/metrics`)).text()
    const { found } = cluster.at(us).region.divergence()
    expect(found.stock).toBe(2)
    expect(text).toContain(`causeway_divergence_repaired_total{table="documents"} ${found.documents}\n`)
    expect(text).toContain('causeway_divergence_repaired_total{table="stock"} 2\n')
    expect(text).toContain('causeway_divergence_open 0\n')
  })
})
