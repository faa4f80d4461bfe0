// The small shop that the first `causeway dev` opens with: products with stock, customers, and a few orders in every
// region. Every command has a fixed key or id, so a start that was cut short goes on where it stopped.

import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { ApiClient, type CallOptions } from '../api/client.ts'
import { untilAnswered } from '../api/retry.ts'
import { codeOf, Failure } from '../failure.ts'
import type { Layout } from './layout.ts'
import { sampleCustomers, sampleOrders, sampleProducts } from './sample-shop.ts'

const longestWaitMs = 60_000

const errors = z.array(z.object({ code: z.string(), message: z.string() }))
const payload = z.object({ causalToken: z.string().nullish(), userErrors: errors })
const answer = z.record(z.string(), payload.extend({ results: z.array(payload).optional() }))

/** True where it wrote; false where an earlier run has. */
export async function openSampleShop(layout: Layout, signal: AbortSignal): Promise<boolean> {
  if (await exists(layout.sampleFile)) return false
  const client = new ApiClient(layout.gateway.url, undefined)
  let token: string | undefined
  const run = async (mutation: string, input: object, options: CallOptions = {}) => {
    const withToken = token === undefined ? options : { ...options, token }
    const data = await untilAnswered(() => client.call(answer, mutation, { input }, { ...withToken, signal }), {
      signal,
      longestMs: longestWaitMs,
    })
    for (const result of Object.values(data)) {
      const [refused] = [...result.userErrors, ...(result.results ?? []).flatMap((each) => each.userErrors)]
      if (refused !== undefined) throw new Failure(`the sample data was refused: ${refused.message}`)
      token = result.causalToken ?? token
    }
  }
  try {
    await run(products, {
      idempotencyKey: 'sample-products',
      products: sampleProducts.map(({ stock: _, ...product }) => product),
    })
    await run(stock, {
      idempotencyKey: 'sample-stock',
      movements: sampleProducts.flatMap(({ variants, stock: quantity }) =>
        variants.map(({ sku }) => ({ id: sku, sku, kind: 'RECEIPT', quantity })),
      ),
    })
    for (const customer of sampleCustomers) {
      await run(customers, { idempotencyKey: `sample-${customer.id}`, ...customer }, { region: customer.homeRegion })
    }
    for (const { region, ...order } of sampleOrders) await run(orders, order, { region })
  } finally {
    await client.close()
  }
  await writeFile(
    layout.sampleFile,
    'The sample data has been written; without this file it is written again, and changes nothing.\n',
  )
  return true
}

const answerFields = 'causalToken userErrors { code message }'
const products = `mutation SampleProducts($input: UpsertProductsInput!) { upsertProducts(input: $input) { ${answerFields} results { userErrors { code message } } } }`
const stock = `mutation SampleStock($input: RecordStockMovementsInput!) { recordStockMovements(input: $input) { ${answerFields} } }`
const customers = `mutation SampleCustomer($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { ${answerFields} } }`
const orders = `mutation SampleOrder($input: PlaceOrderInput!) { placeOrder(input: $input) { ${answerFields} } }`

async function exists(file: string): Promise<boolean> {
  try {
    await readFile(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}
