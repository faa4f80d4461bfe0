// What the operator's page says of the regions, in words. Pure: no page, no network.

import { counted, plural } from '@causeway/schema/counted'

export interface LinkView {
  readonly from: string
  readonly to: string
  readonly connected: boolean
  readonly lagMs: number
  readonly lagEvents: number
  readonly lagCommits: number
  readonly bytesPerSecond: number
  readonly bytesPerEvent: number
  readonly reconnects: number
  readonly retries: number
  readonly faults: number
  readonly lastFault: string | null
  readonly quarantined: number | null
}

export interface DivergenceView {
  readonly checkedAt: string | null
  readonly found: number
  readonly repaired: number
  readonly open: readonly { readonly subject: string; readonly detail: string }[]
}

export interface HistoryView {
  readonly logCommits: number
  readonly logBytes: number
  readonly archivedCommits: number
  readonly archivedBytes: number
  readonly foldedDocuments: number
}

export interface ReadsView {
  readonly consistency: string
  readonly served: number
  readonly missed: number
  readonly averageStalenessMs: number | null
  readonly greatestStalenessMs: number | null
}

export interface SnapshotView {
  readonly from: string
  readonly phase: string
  readonly pages: number | null
  readonly receivedPages: number
}

export interface RestorationView {
  readonly waitsFor: readonly string[]
  readonly lacksEvents: number
}

export interface RegionView {
  readonly id: string
  readonly state: string
  readonly reason: string
  readonly latencyMs: number
  readonly errorRate: number
  readonly digest: string | null
  readonly frontier: Readonly<Record<string, number>> | null
  readonly replication: readonly LinkView[] | null
  readonly stableFrontier: Readonly<Record<string, number>> | null
  readonly history: HistoryView | null
  readonly divergence: DivergenceView | null
  readonly reads: readonly ReadsView[] | null
  readonly snapshot: SnapshotView | null
  readonly restoration: RestorationView | null
  readonly openIncidents: number | null
}

export interface ConflictView {
  readonly id: string
  readonly documentId: string
  readonly path: string
  readonly policy: string
  readonly detectedAt: string
  /** The standing one first. */
  readonly values: readonly { readonly value: unknown; readonly region: string; readonly at: string }[]
}

export interface IncidentView {
  readonly id: string
  readonly kind: string
  readonly region: string
  readonly entityIds: readonly string[]
  readonly detail: string
  readonly at: string
}

export interface StockView {
  readonly available: number
  readonly reserved: number
  readonly leased: number
  readonly onHand: number
  readonly updatedAt: string
  readonly rights: readonly { readonly region: string; readonly units: number }[]
}

/** Retired ones are members no more: nothing is expected of them. */
export function membersOf(regions: readonly RegionView[]): readonly RegionView[] {
  return regions.filter((region) => region.state !== 'RETIRED')
}

/** The page's first line, and the one below it. */
export function describe(regions: readonly RegionView[]): { readonly headline: string; readonly detail: string } {
  const members = membersOf(regions)
  const serving = members.filter((region) => region.state === 'HEALTHY' || region.state === 'DEGRADED')
  const of = counted(members.length, 'region')
  const headline =
    serving.length === members.length
      ? members.length === 1
        ? 'The one region serves'
        : `All ${of} serve`
      : `${serving.length} of ${of} ${plural(serving.length, 'serves', 'serve')}`
  const gone = regions.filter((region) => region.state === 'RETIRED').map((region) => region.id)
  const ill = members.filter((region) => region.state !== 'HEALTHY')
  const reasons = ill.map((region) => `${region.id}: ${region.reason}`).join(' · ')
  const open = members.reduce((sum, region) => sum + (region.openIncidents ?? 0), 0)
  const parts = [
    ill.length > 0 ? reasons : convergence(members),
    open > 0 ? `${plural(open, 'An incident waits', `${count(open)} incidents wait`)} for a person.` : '',
    gone.length > 0 ? `Retired: ${gone.join(', ')}.` : '',
  ]
  return { headline, detail: parts.filter((part) => part !== '').join(' ') }
}

function convergence(regions: readonly RegionView[]): string {
  const told = regions.filter((region) => region.digest !== null && region.frontier !== null)
  if (told.length < 2) return 'Too few regions tell their state to compare them.'
  const frontiers = new Set(told.map((region) => frontierText(region)))
  const digests = new Set(told.map((region) => region.digest))
  if (frontiers.size > 1) return 'Changes are on their way between regions.'
  return digests.size === 1
    ? 'They hold the same state, by frontier and digest.'
    : 'At the same frontier their digests differ: run causeway verify.'
}

function frontierText(region: RegionView): string {
  return JSON.stringify(Object.entries(region.frontier ?? {}).sort())
}

/** The digest, short, and how it compares with those at the same frontier. */
export function digestWord(region: RegionView, all: readonly RegionView[]): string {
  if (region.digest === null) return region.frontier === null ? '–' : 'told when at rest'
  const short = region.digest.slice(0, 8)
  const peers = all.filter((other) => other.id !== region.id && other.digest !== null)
  const level = peers.filter((other) => frontierText(other) === frontierText(region))
  if (level.length === 0) return short
  return level.every((other) => other.digest === region.digest) ? `${short} = equal` : `${short} ≠ differs`
}

export function stateTone(state: string): 'good' | 'warn' | 'bad' | 'gone' {
  if (state === 'HEALTHY') return 'good'
  if (state === 'RETIRED') return 'gone'
  return state === 'UNREACHABLE' ? 'bad' : 'warn'
}

export function age(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  return `${Math.round(milliseconds / 60_000)} min`
}

export function count(value: number): string {
  return value.toLocaleString('en-GB')
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
}

/** What the region found of rows that no commit made so. */
export function divergenceWord(divergence: DivergenceView | null): string {
  if (divergence === null) return '–'
  if (divergence.open.length > 0) return `${count(divergence.open.length)} open`
  if (divergence.found > 0) return `${count(divergence.repaired)} put right`
  return divergence.checkedAt === null ? 'not looked yet' : 'none found'
}

/** A row for each level that somebody has asked for. */
export function listReads(regions: readonly RegionView[]): readonly (readonly string[])[] {
  const staleness = (milliseconds: number | null) => (milliseconds === null ? '–' : age(milliseconds))
  return membersOf(regions).flatMap(({ id, reads }) =>
    (reads ?? []).flatMap(({ consistency, served, missed, averageStalenessMs, greatestStalenessMs }) => {
      if (served + missed === 0) return []
      const counts = [count(served), missed === 0 ? '–' : count(missed)]
      return [[id, consistency, ...counts, staleness(averageStalenessMs), staleness(greatestStalenessMs)]]
    }),
  )
}

export function snapshotWord({ from, phase, pages, receivedPages }: SnapshotView): string {
  const of = pages === null ? '' : `, ${count(receivedPages)} of ${count(pages)} ${plural(pages, 'page')}`
  return `Takes a snapshot of ${from}: ${phase}${of}`
}

export function restorationWord({ waitsFor, lacksEvents }: RestorationView): string {
  const waits = waitsFor.length === 0 ? '' : `; waits for the word of ${waitsFor.join(', ')}`
  const lacks =
    lacksEvents === 0 ? '' : `; lacks ${count(lacksEvents)} ${plural(lacksEvents, 'event')} that it had written`
  return `Was restored and is not whole yet, so it ships nothing${waits}${lacks}`
}

/** Of links that brought what cannot be read or was not signed so. */
export function listFaults(links: readonly LinkView[]): readonly string[] {
  return links.flatMap(({ from, to, faults, lastFault }) => {
    if (faults === 0) return []
    const times = faults === 1 ? 'once' : `${count(faults)} times`
    return [`${from} → ${to} was closed ${times} for what it brought. ${lastFault ?? ''}`.trim()]
  })
}

export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

export function rate(bytesPerSecond: number): string {
  return `${size(Math.round(bytesPerSecond))}/s`
}

const longestValue = 80
/** Entities of an incident. */
const mostNamed = 8

/** A value of any shape, short. Of what was said of an order, what and of which units. */
function valueWord(value: unknown): string {
  if (value === null) return 'removed'
  const text = typeof value === 'string' ? `“${value}”` : (factWord(value) ?? JSON.stringify(value))
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text
}

function factWord(value: unknown): string | null {
  const { kind, lines, note } = value as { kind?: unknown; lines?: unknown; note?: unknown }
  if (typeof kind !== 'string') return null
  const units = (Array.isArray(lines) ? lines : []).map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')
  const said = typeof note === 'string' && note !== '' ? `, “${note}”` : ''
  return `${[kind, units].filter((part) => part !== '').join(' ')}${said}`
}

/** How the units of a SKU stand, as far as the answering region knows. */
export function listStock(sku: string, stock: StockView | null): string {
  if (stock === null) return `No product sells ${sku}, and it has never been received.`
  const { available, reserved, leased, onHand } = stock
  const held = `${count(reserved)} reserved by orders, ${count(leased)} lent to devices`
  return `${count(available)} of ${sku} can be sold: ${count(onHand)} in the house, ${held}.`
}

/** What an operator has to look at, and which region says so. */
export function listIncident({ kind, region, entityIds, detail, at }: IncidentView) {
  return { title: `${kind} in ${region}`, detail, about: aboutWord(entityIds), when: momentWord(at) }
}

/** The first of them: an incident may name some hundred, and they are all in the API. */
function aboutWord(entityIds: readonly string[]): string {
  if (entityIds.length === 0) return 'no one thing'
  const more = entityIds.length - mostNamed
  return `${entityIds.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`
}

function momentWord(at: string): string {
  return `${at.replace('T', ' ').slice(0, 19)} UTC`
}

/** What a conflict was about, what stands and what lost. */
export function listConflict({ documentId, path, policy, detectedAt, values }: ConflictView) {
  const [first, ...others] = values.map(({ value, region }) => `${valueWord(value)} (${region})`)
  return {
    title: `${path} of ${documentId}`,
    stands: `stands: ${first ?? '–'}`,
    lost: others.length === 0 ? '' : `beside it: ${others.join(', ')}`,
    when: `${momentWord(detectedAt)}, by the rule ${policy}`,
  }
}
