// Asks each region at a steady pace whether it may serve and how it is (G1, active side). Judges nothing: health.ts does.

import type { RegionId } from '@causeway/schema/clock/origin'
import { compareVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Json } from '@causeway/schema/json'
import { request } from 'undici'
import { type Clock, pause } from '../clock.ts'
import { errorCode, lossInWords } from './attempt.ts'
import type { Fleet, FleetRegion, RegionWord } from './fleet.ts'

/** A probe that takes longer counts as lost. */
export const probeTimeoutMs = 1_000

/** A digest reads all that a region holds: it is asked for only where the region has come to rest, and not waited for. */
const digestTimeoutMs = 20_000
/** Over how many probes a region's frontier must have stood still: a pause between two bursts is no rest. */
const restProbes = 4

const statusQuery = `query GatewayProbe { regionStatus { frontier token refusesWrites retired retiring { id waitsFor putOff { waitsFor through } }
  stableFrontier history { logCommits logBytes archivedCommits archivedBytes foldedDocuments }
  divergence { checkedAt found repaired open { subject detail since } } openIncidents
  reads { consistency served missed averageStalenessMs greatestStalenessMs }
  snapshot { from phase pages receivedPages } restoration { waitsFor lacksEvents }
  operatorKeys { cluster keys fingerprint }
  replication { from to connected lagMs lagEvents lagCommits bytesPerSecond bytesPerEvent
    batches commits events bytes retries reconnects faults lastFault quarantined } } }`
const digestQuery = 'query GatewayProbeDigest { regionStatus { frontier digest } }'

export interface ProberOptions {
  readonly fleet: Fleet
  readonly clock: Clock
  readonly everyMs: number
  /** The gateway's own authorization towards regions; undefined in development. */
  readonly authorization: () => Promise<string | undefined>
}

export class Prober {
  readonly #options: ProberOptions
  readonly #stop = new AbortController()
  readonly #digesting = new Set<RegionId>()
  /** Since when each region's frontier has stood still. */
  readonly #restingSince = new Map<RegionId, number>()
  #loops: Promise<void>[] = []

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** Resolves after every region was asked once. */
  async start(): Promise<void> {
    const ids = this.#options.fleet.ids()
    await Promise.all(ids.map((id) => this.#probe(id)))
    this.#loops = ids.map((id) => this.#run(id))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #run(id: RegionId): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await pause(this.#options.everyMs, this.#stop.signal)
      if (!this.#stop.signal.aborted) await this.#probe(id)
    }
  }

  async #probe(id: RegionId): Promise<void> {
    const { fleet, clock } = this.#options
    const region = fleet.get(id)
    if (region === undefined) return
    const startedAt = clock.now()
    // Probes take their own connections: waiting in line behind callers would measure the line, not the region.
    const signal = AbortSignal.any([AbortSignal.timeout(probeTimeoutMs), this.#stop.signal])
    try {
      const ready = await request(`${region.url}/health/ready`, { signal })
      const text = await ready.body.text()
      if (ready.statusCode !== 200) {
        fleet.note(id, { kind: 'lost', why: `says it is not ready: ${reasonOf(text)}` })
        return
      }
      fleet.note(id, { kind: 'sample', latencyMs: clock.now() - startedAt })
    } catch (error) {
      if (this.#stop.signal.aborted) return
      const why = signal.aborted ? `no answer within ${probeTimeoutMs} ms` : lossInWords(errorCode(error), error)
      fleet.note(id, { kind: 'lost', why })
      return
    }
    await this.#askStatus(region)
  }

  /** A region that is ready but does not tell its status goes on serving: its lag and digest are shown as unknown. */
  async #askStatus(region: FleetRegion): Promise<void> {
    const { fleet, clock } = this.#options
    try {
      const word = parseWord(await this.#ask(region, statusQuery, probeTimeoutMs))
      const before = fleet.get(region.id)?.word ?? null
      // What was put right behind the log's back moved no frontier, and changed the digest.
      const isPutRight = field(word?.divergence, 'repaired') !== field(before?.divergence, 'repaired')
      const rests = word !== null && before !== null && !isPutRight && sameVector(word.frontier, before.frontier)
      fleet.heard(region.id, word === null || !rests ? word : { ...word, digest: before.digest })
      if (!rests) this.#restingSince.set(region.id, clock.now())
      const restingMs = clock.now() - (this.#restingSince.get(region.id) ?? clock.now())
      if (rests && before.digest === null && restingMs >= restProbes * this.#options.everyMs)
        void this.#askDigest(region)
    } catch {
      fleet.heard(region.id, null)
    }
  }

  async #askDigest(region: FleetRegion): Promise<void> {
    if (this.#digesting.has(region.id)) return
    this.#digesting.add(region.id)
    try {
      const status = field(field(await this.#ask(region, digestQuery, digestTimeoutMs), 'data'), 'regionStatus')
      const digest = field(status, 'digest')
      const word = this.#options.fleet.get(region.id)?.word ?? null
      const isOfNow = word !== null && sameVector(word.frontier, field(status, 'frontier') as VersionVector)
      if (isOfNow && typeof digest === 'string') this.#options.fleet.heard(region.id, { ...word, digest })
    } catch {
      // Asked again with the next probe that finds the region at rest.
    } finally {
      this.#digesting.delete(region.id)
    }
  }

  async #ask(region: FleetRegion, query: string, timeoutMs: number): Promise<unknown> {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stop.signal])
    const authorization = await this.#options.authorization()
    const response = await request(`${region.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify({ query }),
      signal,
    })
    return await response.body.json()
  }
}

function parseWord(answer: unknown): RegionWord | null {
  const status = field(field(answer, 'data'), 'regionStatus')
  const frontier = field(status, 'frontier')
  const token = field(status, 'token')
  const replication = field(status, 'replication')
  const refusal = field(status, 'refusesWrites')
  const told = (name: string) => (field(status, name) ?? null) as Json
  if (typeof frontier !== 'object' || frontier === null || typeof token !== 'string') return null
  return {
    frontier: frontier as VersionVector,
    token,
    digest: null,
    stableFrontier: told('stableFrontier'),
    history: told('history'),
    divergence: told('divergence'),
    reads: told('reads'),
    snapshot: told('snapshot'),
    restoration: told('restoration'),
    openIncidents: told('openIncidents'),
    operatorKeys: told('operatorKeys'),
    ...fencesOf(status),
    refusesWrites: typeof refusal === 'string' ? refusal : null,
    replication: Array.isArray(replication) ? (replication as { [key: string]: Json }[]) : [],
  }
}

function fencesOf(status: unknown): Pick<RegionWord, 'retired' | 'retiring'> {
  const [retired, retiring] = [field(status, 'retired'), field(status, 'retiring')]
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  const leaving = Array.isArray(retiring) ? retiring : []
  return {
    retired: texts(retired),
    retiring: leaving.map((one) => {
      const putOff = field(one, 'putOff')
      const words = { waitsFor: texts(field(putOff, 'waitsFor')), through: texts(field(putOff, 'through')) }
      return {
        id: String(field(one, 'id')),
        waitsFor: texts(field(one, 'waitsFor')),
        putOff: words.waitsFor.length === 0 ? null : words,
      }
    }),
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function reasonOf(text: string): string {
  try {
    const reason = field(JSON.parse(text), 'reason')
    if (typeof reason === 'string') return reason
  } catch {
    // Not JSON: shown as it is.
  }
  return text.slice(0, 200)
}

function sameVector(left: VersionVector, right: VersionVector | undefined): boolean {
  return typeof right === 'object' && right !== null && compareVectors(left, right) === 'equal'
}
