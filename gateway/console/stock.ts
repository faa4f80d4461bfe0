// One SKU on the operator's page: how many units there are, and which region may sell how many without asking. Asked for again and
// again once somebody has named it. Knows nothing but what the API says.

import { ask, nowAndThen } from './ask.ts'
import { drawTable, type Row } from './table.ts'
import { count, listStock, type StockView } from './words.ts'

const query = `query StockOf($sku: ID!) {
  stock(sku: $sku) { available reserved leased onHand updatedAt rights { region units } }
}`

const everyMs = 2_000

export interface StockPlaces {
  readonly form: HTMLFormElement
  readonly sku: HTMLInputElement
  readonly words: HTMLElement
  readonly table: HTMLElement
}

export function followStock(places: StockPlaces, token: () => string | null): void {
  const look = async () => {
    const sku = places.sku.value.trim()
    if (sku === '') return
    const answer = await ask<{ readonly stock: StockView | null }>({ query, variables: { sku }, token: token() })
    // Another one may have been named meanwhile.
    if (answer !== null && sku === places.sku.value.trim()) draw(places, sku, answer.stock)
  }
  places.form.addEventListener('submit', (event) => {
    event.preventDefault()
    void look().catch(() => undefined)
  })
  nowAndThen(everyMs, look)
}

function draw({ words, table }: StockPlaces, sku: string, stock: StockView | null): void {
  words.textContent = listStock(sku, stock)
  const shares = stock?.rights ?? []
  const rows = shares.map(({ region, units }): Row => [region, count(units)])
  table.hidden = rows.length === 0
  drawTable(table, [{ title: 'Region' }, { title: 'May sell without asking', isNumber: true }], rows)
}
