// Counts what an import must amount to, straight from the file and without a line of the importer's code: the two share
// nothing but the rules written in docs/decisions/0005-region-of-a-country.md.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface Totals {
  orders: number
  lines: number
  units: number
  /** Whole pence. */
  revenue: number
}

const eastward = /^(Japan|Singapore|Hong Kong|Australia|Bahrain|United Arab Emirates|Saudi Arabia)$/
const westward = /^(USA|Canada|Brazil)$/

export function countTotals(file: string): Record<string, Totals> {
  const totals: Record<string, Totals> = {}
  const seen = new Set<string>()
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n').slice(1)) {
    // Only the description is ever quoted, so the columns before and after it can be cut off by their commas.
    const match =
      /^(\d+),(\d{5}[^,]*|DCGS[^,]*),(?:".*"|[^,]*),(\d+),[^,]+,(\d+)\.?(\d?)(\d?)0*,[^,]*,([^,\r]+)\r?$/.exec(line)
    if (match === null) continue
    const [, invoice = '', , quantity, pounds, tenths, hundredths, country = ''] = match
    const pence = Number(pounds) * 100 + Number(tenths || 0) * 10 + Number(hundredths || 0)
    if (pence === 0 || Number(quantity) === 0) continue
    const region = eastward.test(country) ? 'ap-south-1' : westward.test(country) ? 'us-east-1' : 'eu-west-1'
    totals[region] ??= { orders: 0, lines: 0, units: 0, revenue: 0 }
    const total = totals[region]
    if (!seen.has(invoice)) total.orders += 1
    seen.add(invoice)
    total.lines += 1
    total.units += Number(quantity)
    total.revenue += Number(quantity) * pence
  }
  return totals
}
