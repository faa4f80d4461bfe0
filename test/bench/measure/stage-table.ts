// Prints what an event costs by stage: a JSON line a stage, and for people a table on standard error with the functions
// that cost most under each stage.

import { print } from '../figure.ts'
import type { ProcessorUse } from './processor-meter.ts'
import type { Profile } from './profiler.ts'
import { type Stage, stages, timesByStage } from './stages.ts'

export interface RegionProfiles {
  readonly id: string
  readonly profiles: readonly Profile[]
}

const functionsShown = 6

export function printStages(regions: readonly RegionProfiles[], used: ProcessorUse, events: number): void {
  const times = regions.map(({ profiles }) => timesByStage(profiles))
  const perEvent = (us: number) => us / events
  const lines: string[][] = [['stage, µs/event', ...regions.map(({ id }) => id), 'all']]
  const row = (name: string, values: readonly number[]) => {
    const all = values.reduce((sum, value) => sum + value, 0)
    lines.push([name, ...[...values, all].map((value) => value.toFixed(2))])
    return all
  }
  for (const stage of stages) {
    const all = row(
      stage,
      times.map(({ us }) => perEvent(us.get(stage) ?? 0)),
    )
    print({
      bench: 'throughput',
      figure: `profile: ${stage}`,
      unit: 'µs/event',
      value: all,
      baseline: null,
      note: 'over the JavaScript threads of all three nodes, sampled every millisecond; profilers cost time themselves',
    })
  }
  row(
    'other threads of the nodes',
    used.regions.map(({ nodeMs, firstThreadMs }) => perEvent((nodeMs - firstThreadMs) * 1_000)),
  )
  row(
    'Postgres',
    used.regions.map(({ postgresMs }) => perEvent(postgresMs * 1_000)),
  )
  console.error(`\n${table(lines)}\n`)
  for (const stage of stages) {
    if (stage === 'idle') continue
    console.error(`${stage}:`)
    for (const [name, us] of costliest(stage, times)) console.error(`  ${perEvent(us).toFixed(3).padStart(8)}  ${name}`)
  }
}

function costliest(
  stage: Stage,
  times: readonly ReturnType<typeof timesByStage>[],
): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>()
  for (const { functions } of times) {
    for (const [name, us] of functions.get(stage) ?? []) sums.set(name, (sums.get(name) ?? 0) + us)
  }
  return [...sums].sort(([, left], [, right]) => right - left).slice(0, functionsShown)
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return lines.map((line) => line.map(cell).join('  ')).join('\n')
}
