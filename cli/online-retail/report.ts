// What the import prints when it is done: totals per region, speed of the order phase and what bounded it, and what was
// left out and why. Only formats.

import { plural } from '@causeway/schema/counted'
import { table } from '../table.ts'
import { skipReasons } from './classify.ts'
import type { ImportResult } from './import.ts'
import { unmatchedReasons } from './match-returns.ts'
import { formatPounds, type Refusal } from './operations.ts'
import type { ImportPlan, PlannedOrder } from './plan.ts'

export interface RegionTotals {
  readonly region: string
  readonly orders: number
  readonly lines: number
  readonly units: number
  /** Pounds, decimal. */
  readonly revenue: string
}

export interface ImportSummary {
  readonly rows: number
  readonly invoices: number
  readonly products: number
  readonly customers: number
  readonly regions: readonly RegionTotals[]
  readonly returns: { readonly done: number; readonly planned: number; readonly units: number }
  readonly speed: {
    readonly seconds: number
    readonly invoicesPerSecond: number
    readonly linesPerSecond: number
    readonly boundBy: string
  }
  readonly skipped: readonly { readonly reason: string; readonly lines: number; readonly units: number }[]
  readonly otherCodes: Readonly<Record<string, number>>
  readonly invoicesWithNothingLeft: number
  readonly unmatchedCancellations: readonly {
    readonly reason: string
    readonly lines: number
    readonly units: number
  }[]
  readonly corruptLines: number
  readonly refused: readonly Refusal[]
}

export function totalsByRegion(orders: readonly PlannedOrder[]): readonly RegionTotals[] {
  const totals = new Map<string, { orders: number; lines: number; units: number; pence: number }>()
  for (const order of orders) {
    const total = totals.get(order.region) ?? { orders: 0, lines: 0, units: 0, pence: 0 }
    totals.set(order.region, total)
    total.orders += 1
    total.lines += order.lines.length
    for (const line of order.lines) {
      total.units += line.quantity
      total.pence += line.quantity * line.pricePence
    }
  }
  return [...totals]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([region, { pence, ...counts }]) => ({ region, ...counts, revenue: formatPounds(pence) }))
}

export function summarize(plan: ImportPlan, result: ImportResult, corruptLines: number, rate?: number): ImportSummary {
  const seconds = result.orderPhase.elapsedMs / 1000
  const lines = result.placed.reduce((sum, order) => sum + order.lines.length, 0)
  const perSecond = (count: number) => (seconds > 0 ? Math.round(count / seconds) : 0)
  return {
    rows: plan.rows,
    invoices: plan.invoices,
    products: plan.goods.length,
    customers: plan.customers.length,
    regions: totalsByRegion(result.placed),
    returns: {
      done: result.returnsDone,
      planned: plan.returns.length,
      units: plan.returns.reduce((sum, { lines }) => sum + lines.reduce((units, line) => units + line.quantity, 0), 0),
    },
    speed: {
      seconds,
      invoicesPerSecond: perSecond(result.placed.length),
      linesPerSecond: perSecond(lines),
      boundBy: sayBound(result, rate),
    },
    skipped: [...plan.skipped].map(([reason, tally]) => ({ reason: skipReasons[reason], ...tally })),
    otherCodes: Object.fromEntries([...plan.otherCodes].sort(([, left], [, right]) => right - left)),
    invoicesWithNothingLeft: plan.emptyInvoices,
    unmatchedCancellations: [...plan.unmatched].map(([reason, tally]) => ({
      reason: unmatchedReasons[reason],
      ...tally,
    })),
    corruptLines,
    refused: result.refusals,
  }
}

/** What the order phase waited for most. */
function sayBound(result: ImportResult, rate: number | undefined): string {
  const { elapsedMs, cpuMs, lanes } = result.orderPhase
  if (elapsedMs <= 0 || lanes.length === 0) return 'nothing: there were no orders'
  const invoicesPerSecond = (result.placed.length / elapsedMs) * 1000
  if (rate !== undefined && invoicesPerSecond > rate * 0.9) return `--rate ${rate}`
  const cpuShare = Math.round((cpuMs / elapsedMs) * 100)
  if (cpuShare > 85) return `this importer: it used ${cpuShare}% of a core`
  const busiest = lanes.reduce((most, lane) => (lane.answerMs > most.answerMs ? lane : most))
  const inFlight = (busiest.answerMs / elapsedMs).toFixed(1)
  const answerMs = Math.round(busiest.answerMs / busiest.lists)
  return (
    `${busiest.region}: ${busiest.lists} lists, ${inFlight} in flight on average, each answered after ${answerMs} ms; ` +
    `this importer used ${cpuShare}% of a core`
  )
}

export function formatSummary(summary: ImportSummary): string {
  const { speed } = summary
  const text = [
    '',
    table([
      ['region', 'orders', 'lines', 'units', 'revenue GBP'],
      ...summary.regions.map(({ region, orders, lines, units, revenue }) => [
        region,
        count(orders),
        count(lines),
        count(units),
        revenue,
      ]),
    ]),
    '',
    `${count(summary.products, 'product')}, ${count(summary.customers, 'customer')}; ${count(summary.returns.done)} of ${count(summary.returns.planned, 'return')} done (${count(summary.returns.units, 'unit')})`,
    `orders took ${speed.seconds.toFixed(1)} s: ${count(speed.invoicesPerSecond)} invoices/s, ${count(speed.linesPerSecond)} lines/s`,
    `bounded by ${speed.boundBy}`,
    '',
    `left out of ${count(summary.rows, 'line')}:`,
    ...summary.skipped.map(
      ({ reason, lines, units }) => `  ${count(lines, 'line')} (${count(units, 'unit')}): ${reason}`,
    ),
  ]
  const codes = Object.entries(summary.otherCodes).map(([code, lines]) => `${code} ${lines}`)
  if (codes.length > 0) text.push(`    codes that are no goods: ${codes.join(', ')}`)
  if (summary.corruptLines > 0) text.push(`  ${count(summary.corruptLines, 'line')}: corrupt`)
  if (summary.invoicesWithNothingLeft > 0) {
    text.push(`  so ${count(summary.invoicesWithNothingLeft)} of ${count(summary.invoices, 'invoice')} became no order`)
  }
  if (summary.unmatchedCancellations.length > 0) {
    text.push('cancellations without a purchase to return:')
    for (const { reason, lines, units } of summary.unmatchedCancellations) {
      text.push(`  ${count(lines, 'line')} (${count(units, 'unit')}): ${reason}`)
    }
  }
  return `${text.join('\n')}\n`
}

/** The number, with what it counts where that is given. */
export function count(value: number, what?: string): string {
  const shown = value.toLocaleString('en')
  return what === undefined ? shown : `${shown} ${plural(value, what)}`
}
