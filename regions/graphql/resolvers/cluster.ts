// A region about itself, and about the others as far as its links tell.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import { type RegionId, regionOf } from '@causeway/schema/clock/origin'
import { type RetireRegionInput, retireRegion } from '@causeway/schema/fence/commands'
import { restorationOf } from '@causeway/schema/fence/fencing'
import { putOffWords } from '@causeway/schema/fence/put-off'
import type { GraphQLResolveInfo } from 'graphql'
import { openIncidents } from '../../integrity/incident-book.ts'
import type { LinkStatus, Region } from '../../region.ts'
import type { RequestContext } from '../context.ts'
import { keyOf, runCommand } from '../mutate.ts'

/** A link that is further behind than this makes a region DEGRADED. */
export const degradedLagMs = 5_000

/** The database is asked for it at most this often: every gateway asks each second. */
const keptMs = 10_000

/** What a region's database has told lately. A failure is not kept. */
class Kept<Answer> {
  readonly #ask: (region: Region) => Promise<Answer>
  readonly #answers = new WeakMap<Region, { readonly until: number; readonly answer: Promise<Answer> }>()

  constructor(ask: (region: Region) => Promise<Answer>) {
    this.#ask = ask
  }

  async of(region: Region, now: number): Promise<Answer> {
    const kept = this.#answers.get(region)
    if (kept !== undefined && now < kept.until) return await kept.answer
    const answer = this.#ask(region)
    this.#answers.set(region, { until: now + keptMs, answer })
    try {
      return await answer
    } catch (error) {
      this.#answers.delete(region)
      throw error
    }
  }
}

async function status(_: unknown, _args: unknown, context: RequestContext) {
  context.requireStaff("A region's own status")
  const { region, ports } = context
  const head = await region.store.head()
  const reason = region.unready()
  return {
    id: region.id,
    origin: region.origin,
    members: region.members,
    ...fencesOf(region),
    ready: reason === null,
    reason,
    refusesWrites: region.refusesWrites(),
    position: head.position,
    frontier: head.frontier,
    token: encodeToken(head.frontier),
    digest: () => region.digest(),
    stableFrontier: region.stableFrontier(),
    history: () => historyOf(region, ports.clock.now()),
    divergence: divergenceOf(region),
    openIncidents: () => openIncidentsOf(region, ports.clock.now()),
    ...watchedOf(region),
    replication: linksOf(region, ports.clock.now()),
    at: ports.clock.now(),
  }
}

/** Which regions have left, and which are to. */
function fencesOf(region: Region) {
  const { decided, pending } = region.fencing().fences
  const putOff = region.putOff()
  const retired = decided.flatMap(({ target }) => (target.before === null ? [target.region] : []))
  const retiring = pending.flatMap(({ target, missing }) =>
    target.before === null ? [{ id: target.region, waitsFor: missing, putOff }] : [],
  )
  return { retired, retiring }
}

function linksOf(region: Region, now: number) {
  return region.links().map(({ counts, ...link }) => {
    const { failures: retries, breaks: reconnects, ...carried } = counts
    return { ...link, ...carried, retries, reconnects, quarantined: () => quarantinedOf(region, link.from, now) }
  })
}

async function quarantinedOf(region: Region, sender: RegionId, now: number): Promise<number | null> {
  const held = await heldCommits.of(region, now).catch(() => null)
  return held?.filter(({ origin }) => regionOf(origin) === sender).length ?? null
}

/** How reads went, and what comes in besides the log. */
function watchedOf(region: Region) {
  const snapshot = region.snapshot()
  return {
    reads: region.freshness.reads.counts().map(({ staleness, ...counts }) => ({
      ...counts,
      averageStalenessMs: staleness?.averageMs ?? null,
      greatestStalenessMs: staleness?.greatestMs ?? null,
    })),
    snapshot: snapshot && {
      from: snapshot.from,
      phase: snapshot.phase,
      pages: snapshot.pages,
      receivedPages: snapshot.received,
    },
    restoration: restorationOf(region.fencing(), region.origin),
    operatorKeys: region.operators,
  }
}

function divergenceOf(region: Region) {
  const { checkedAt, found, repaired, open } = region.divergence()
  const sum = (counts: typeof found) => Object.values(counts).reduce((total, count) => total + count, 0)
  return { checkedAt, found: sum(found), repaired: sum(repaired), open }
}

const histories = new Kept((region) => region.history())
const heldCommits = new Kept((region) => region.store.evidence.held())

const incidents = new Kept((region) => openIncidents(region.store))

async function openIncidentsOf(region: Region, now: number): Promise<number | null> {
  const open = await incidents.of(region, now).catch(() => null)
  return open && [...open.values()].reduce((sum, count) => sum + count, 0)
}

async function historyOf(region: Region, now: number) {
  const { logCommits, logBytes, archivedCommits, storedBytes, foldedDocuments } = await histories.of(region, now)
  return { logCommits, logBytes, archivedCommits, archivedBytes: storedBytes, foldedDocuments }
}

/** Every member, by id. Links from a region say whether it can be heard; more is not known of the others here. */
export function regionSources(region: Region, now: number) {
  const links = region.links()
  const { retired, retiring } = fencesOf(region)
  return [...region.members].sort().map((id) => {
    const source = id === region.id ? ownSource(region, links, now) : otherSource(id, links)
    if (retired.includes(id)) return { ...source, state: 'RETIRED' as const, reason: 'It has left the cluster.' }
    const leaving = retiring.find((one) => one.id === id)
    if (leaving === undefined) return source
    const why = leaving.putOff === null ? '' : `: ${putOffWords(region.id, leaving.putOff)}`
    const reason = `It is being retired; waiting for ${leaving.waitsFor.join(', ') || 'nobody'}${why}. ${source.reason}`
    return { ...source, reason }
  })
}

interface RetireArgs {
  readonly input: RetireRegionInput & { readonly idempotencyKey?: string | null }
}

async function retire(_: unknown, { input }: RetireArgs, context: RequestContext, info: GraphQLResolveInfo) {
  const { answer, result } = await runCommand(retireRegion, input, keyOf(input, context, info), context)
  const sources = result === null ? [] : regionSources(context.region, context.ports.clock.now())
  return { region: sources.find(({ id }) => id === input.region) ?? null, userErrors: answer.userErrors }
}

function ownSource(region: Region, links: readonly LinkStatus[], now: number) {
  const unready = region.unready()
  const refusal = region.refusesWrites()
  const { retired } = fencesOf(region)
  const awaited = links.filter(({ from }) => !retired.includes(from))
  const behind = awaited.filter((link) => !link.connected || link.lagMs > degradedLagMs)
  const names = behind.map((link) => link.from).join(', ')
  const [state, reason] =
    unready !== null
      ? (['UNREACHABLE', unready] as const)
      : refusal !== null
        ? (['DEGRADED', `Takes no writes: ${refusal}`] as const)
        : behind.length > 0
          ? (['DEGRADED', `Serves, but does not keep up with ${names}.`] as const)
          : (['HEALTHY', 'Serves, and keeps up with every other region.'] as const)
  return {
    id: region.id,
    state,
    reason,
    latencyMs: 0,
    errorRate: 0,
    replication: linksOf(region, now),
    stableFrontier: region.stableFrontier(),
    history: unready === null ? () => historyOf(region, now) : null,
    divergence: divergenceOf(region),
    openIncidents: () => openIncidentsOf(region, now),
    ...watchedOf(region),
    digest: unready === null ? () => region.digest() : null,
    frontier: region.frontier(),
  }
}

function otherSource(id: RegionId, links: readonly LinkStatus[]) {
  const link = links.find((one) => one.from === id)
  const heard = link?.connected === true
  return {
    id,
    state: heard ? ('HEALTHY' as const) : ('UNREACHABLE' as const),
    reason: heard ? 'The link from it is open.' : 'The link from it is closed.',
    latencyMs: 0,
    errorRate: 0,
    replication: null,
    digest: null,
    frontier: null,
    stableFrontier: null,
    history: null,
    divergence: null,
    reads: null,
    snapshot: null,
    restoration: null,
    openIncidents: null,
    operatorKeys: null,
  }
}

export const clusterResolvers = {
  Mutation: { retireRegion: retire },
  Query: {
    regionStatus: status,
    regions: (_: unknown, _args: unknown, context: RequestContext) =>
      regionSources(context.region, context.ports.clock.now()),
  },
}
