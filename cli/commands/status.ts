// `causeway status`: what the gateway knows of every region, and whether they agree.

import { counted } from '@causeway/schema/counted'
import type { Command } from 'commander'
import { fetchConflicts, sayConflicts } from '../api/conflicts.ts'
import { type Agreement, compareRegions, differentKeys, fetchRegions, type RegionReport } from '../api/regions.ts'
import { table } from '../table.ts'
import { type SystemOptions, withClient, withSystemOptions } from './shared.ts'

interface StatusOptions extends SystemOptions {
  readonly json?: true
}

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('regions, health, lag, frontiers, whether they agree, and conflicts')
  withSystemOptions(command)
    .option('--json', 'print JSON')
    .action(async (options: StatusOptions) => {
      const [regions, conflicts] = await withClient(options, (client) =>
        Promise.all([fetchRegions(client), fetchConflicts(client)]),
      )
      const agreement = compareRegions(regions)
      if (options.json === true) {
        const behind = Object.fromEntries(agreement.behind)
        process.stdout.write(`${JSON.stringify({ regions, conflicts, agreement: { ...agreement, behind } })}\n`)
      } else {
        process.stdout.write(`${formatStatus(regions, agreement)}\n${sayConflicts(conflicts)}\n`)
      }
    })
}

export function formatStatus(regions: readonly RegionReport[], agreement: Agreement): string {
  const overview = table([
    ['region', 'state', 'latency', 'errors', 'lag', 'behind', 'divergence', 'digest'],
    ...regions.map((region) => [
      region.id,
      region.state,
      `${region.latencyMs.toFixed(1)} ms`,
      `${(region.errorRate * 100).toFixed(1)}%`,
      sayLag(region, regions),
      sayBehind(agreement.behind.get(region.id)),
      sayDivergence(region),
      region.digest?.slice(0, 12) ?? '–',
    ]),
  ])
  const reasons = regions.filter(({ state }) => state !== 'HEALTHY').map(({ id, reason }) => `${id}: ${reason}`)
  const origins = [...new Set(regions.flatMap(({ frontier }) => Object.keys(frontier ?? {})))].sort()
  const frontiers = table([
    ['frontier', ...origins],
    ...regions.map(({ id, frontier }) => [
      id,
      ...origins.map((origin) => (frontier === null ? '–' : String(frontier[origin] ?? 0))),
    ]),
  ])
  const open = regions.flatMap(({ id, divergence }) =>
    (divergence?.open ?? []).map(({ subject, detail }) => `${id}: ${subject} differs: ${detail}`),
  )
  const snapshots = regions.flatMap(({ id, snapshot }) =>
    snapshot === null ? [] : [`${id}: ${saySnapshot(snapshot)}`],
  )
  const restored = regions.flatMap(({ id, restoration }) =>
    restoration === null ? [] : [`${id}: ${sayRestoration(restoration)}`],
  )
  const incidents = regions.flatMap(({ id, openIncidents }) => {
    const where = `ask incidents(open: true) of it (causeway-region: ${id})`
    return openIncidents ? [`${id}: ${counted(openIncidents, 'open incident')}: ${where}`] : []
  })
  const parts = [
    [overview, ...reasons, ...restored, ...snapshots, ...incidents, ...sayKeys(regions), ...open],
    [linkTable(regions), ...sayFaults(regions)],
    [frontiers],
    [readsTable(regions)],
    [historyTable(regions)],
  ]
  return [...parts.map((lines) => lines.join('\n')), sayAgreement(agreement)].join('\n\n')
}

/** Where they differ, a retire that one region takes up is refused by another. */
function sayKeys(regions: readonly RegionReport[]): readonly string[] {
  const fingerprints = differentKeys(regions)
  return fingerprints === null ? [] : [`keys of operators differ: ${fingerprints}`]
}

function linkTable(regions: readonly RegionReport[]): string {
  const gone = new Set(regions.filter(({ state }) => state === 'RETIRED').map(({ id }) => id))
  const links = regions.flatMap(({ replication }) => replication ?? []).filter(({ from }) => !gone.has(from))
  return table([
    ['link', 'lag', 'behind', 'received', 'per event', 'batches', 'broke', 'tried again', 'quarantined'],
    ...links.map((link) => [
      `${link.from} → ${link.to}`,
      link.connected ? `${link.lagMs.toFixed(0)} ms` : 'down',
      `${counted(link.lagCommits, 'commit')}, ${counted(link.lagEvents, 'event')}`,
      sayBytes(link.bytes),
      link.bytesPerEvent === 0 ? '–' : `${link.bytesPerEvent.toFixed(0)} B`,
      String(link.batches),
      String(link.reconnects),
      String(link.retries),
      link.quarantined === null ? '–' : String(link.quarantined),
    ]),
  ])
}

function sayFaults(regions: readonly RegionReport[]): readonly string[] {
  return regions.flatMap(({ replication }) =>
    (replication ?? []).flatMap(({ from, to, faults, lastFault }) => {
      if (faults === 0) return []
      const times = counted(faults, 'time')
      const what = 'what cannot be read or was not signed so, and was closed for it'
      return [`${from} → ${to}: brought ${times} ${what}${lastFault === null ? '' : `; the last time ${lastFault}`}`]
    }),
  )
}

/** Levels that nobody has asked for are left out. */
function readsTable(regions: readonly RegionReport[]): string {
  const milliseconds = (ms: number | null) => (ms === null ? '–' : `${ms.toFixed(0)} ms`)
  return table([
    ['reads', 'consistency', 'served', 'missed', 'staleness', 'at most'],
    ...regions.flatMap(({ id, reads }) =>
      (reads ?? []).flatMap(({ consistency, served, missed, averageStalenessMs, greatestStalenessMs }) => {
        if (served + missed === 0) return []
        const staleness = [averageStalenessMs, greatestStalenessMs].map(milliseconds)
        return [[id, consistency, String(served), String(missed), ...staleness]]
      }),
    ),
  ])
}

function saySnapshot({ from, phase, pages, receivedPages }: NonNullable<RegionReport['snapshot']>): string {
  const of = pages === null ? '' : `, ${receivedPages} of ${counted(pages, 'page')}`
  return `takes a snapshot of ${from}: ${phase}${of}`
}

function sayRestoration({ waitsFor, lacksEvents }: NonNullable<RegionReport['restoration']>): string {
  const waits = waitsFor.length === 0 ? '' : `; waits for the word of ${waitsFor.join(', ')}`
  const lacks = lacksEvents === 0 ? '' : `; lacks ${counted(lacksEvents, 'event')} that it had written`
  return `was restored and is not whole yet, so it ships nothing${waits}${lacks}`
}

function historyTable(regions: readonly RegionReport[]): string {
  const origins = (vector: RegionReport['frontier']) => Object.values(vector ?? {}).reduce((sum, at) => sum + at, 0)
  return table([
    ['history', 'stable', 'log', '', 'archive', '', 'folded'],
    ...regions.map(({ id, frontier, stableFrontier, history }) => [
      id,
      stableFrontier === null ? '–' : `${origins(stableFrontier)} of ${counted(origins(frontier), 'event')}`,
      ...(history === null
        ? ['–', '', '–', '', '–']
        : [
            counted(history.logCommits, 'commit'),
            sayBytes(history.logBytes),
            counted(history.archivedCommits, 'commit'),
            sayBytes(history.archivedBytes),
            counted(history.foldedDocuments, 'document'),
          ]),
    ]),
  ])
}

function sayDivergence({ divergence }: RegionReport): string {
  if (divergence === null) return '–'
  const { checkedAt, found, repaired, open } = divergence
  if (open.length > 0) return `${open.length} open`
  if (found > 0) return `${repaired} put right`
  return checkedAt === null ? 'not looked yet' : 'none'
}

function sayBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function sayLag(region: RegionReport, all: readonly RegionReport[]): string {
  if (region.replication === null || region.state === 'RETIRED') return '–'
  const isGone = (id: string) => all.some((one) => one.id === id && one.state === 'RETIRED')
  const links = region.replication.filter(({ from, to }) => to === region.id && !isGone(from))
  if (links.some(({ connected }) => !connected)) return 'link down'
  const lagMs = Math.max(0, ...links.map((link) => link.lagMs))
  return `${lagMs.toFixed(0)} ms`
}

function sayBehind(events: number | undefined): string {
  if (events === undefined) return '–'
  return counted(events, 'event')
}

export function sayAgreement(agreement: Agreement): string {
  if (agreement.silent.length > 0) return `not comparable: ${agreement.silent.join(', ')} cannot be asked`
  if (agreement.moving.length > 0)
    return 'not comparable yet: digests are taken once a region has rested for two seconds'
  if (agreement.digestsEqual) return 'all regions are equal'
  if (agreement.frontiersEqual) return 'the regions have applied the same and differ: run causeway verify'
  return 'the regions differ while they catch up'
}
