// Watches for silent divergence (C9) on the node that leads its region: a round every quarter of a minute compares what
// the database holds with the peers and with the signed log, and puts right what evidence shows to be wrong. What it
// cannot put right it keeps open and says why. The deciding is done elsewhere: compare, scrub, mend.

import type { Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import type { IncidentBook } from '../integrity/incident-book.ts'
import type { Ports } from '../ports.ts'
import type { DigestRequest, PeerConnection } from '../replication/peer.ts'
import { type AnswersSetting, DivergenceAnswers } from './answers.ts'
import { compareTable, conflictsPrefix, Lap, subjectOf } from './compare.ts'
import type { Digester, Scan } from './digester.ts'
import { Findings, type Subject } from './findings.ts'
import { mendLog } from './mend-log.ts'
import { mendRows } from './mend-rows.ts'
import { keepPace, type Pace } from './pace.ts'
import type { Wanted } from './rebuild.ts'
import { BytesScrub, LogScrub } from './scrub.ts'
import { type TableName, tableNames } from './tables.ts'

export interface GuardSetting {
  readonly region: RegionId
  readonly members: readonly RegionId[]
  readonly peers: readonly RegionId[]
  readonly store: Store
  readonly crypto: CommitCrypto
  readonly ports: Ports
  readonly digester: Digester
  readonly frontier: () => VersionVector
  readonly incidents: Pick<IncidentBook, 'raise'>
  /** What is wrong otherwise, for as long as it is: told with what is found here. */
  readonly flaws: () => readonly { readonly subject: string; readonly detail: string }[]
  /** The open link to a peer; throws where it is not open. */
  readonly open: (peer: RegionId) => PeerConnection
  readonly reach: (vector: VersionVector, deadlineAt: number) => Promise<boolean>
  /** From the end of one round to the beginning of the next. */
  readonly roundMs: number
  /** Commits that are held beside an origin's log. */
  readonly beside: AnswersSetting['beside']
}

/** So that a row is found and put right within a minute, where one round can look at everything. */
export const defaultRoundMs = 15_000
/** Documents and SKUs held against the log in one round: the log is read once for all of them. */
const maximumSuspects = 64
/** How long a peer may take to answer one question. */
const answerMs = 5_000

class Stopped extends Error {}

export class DivergenceGuard {
  readonly findings = new Findings()
  readonly answers: DivergenceAnswers
  readonly #setting: GuardSetting
  readonly #log: LogScrub
  readonly #bytes: BytesScrub
  /** By peer and table. */
  readonly #laps = new Map<string, Lap>()
  /** Of tables that could be compared in this round: since which round all that differs was looked at, at every peer. */
  readonly #wholeSince = new Map<Subject, number>()
  #isLeading = false
  /** Ends the wait for each answer that is under way. */
  readonly #waiting = new Set<(error: Error) => void>()
  #cancel: (() => void) | null = null
  #round: Promise<void> = Promise.resolve()

  constructor(setting: GuardSetting) {
    const { store, crypto, digester, frontier, beside } = setting
    this.#setting = setting
    this.#log = new LogScrub(store, crypto)
    this.#bytes = new BytesScrub(store, crypto)
    this.answers = new DivergenceAnswers({
      store,
      crypto,
      digester,
      frontier,
      logRanges: () => this.#log.ranges,
      beside,
    })
  }

  start(): void {
    this.#isLeading = true
    this.#next()
  }

  /** Resolves when no round is under way any more. */
  async stop(): Promise<void> {
    this.#isLeading = false
    this.#cancel?.()
    for (const end of this.#waiting) end(new Stopped('no longer leading'))
    await this.#round
  }

  #next(): void {
    if (!this.#isLeading) return
    const { ports, roundMs } = this.#setting
    this.#cancel = ports.timers.after(roundMs, () => {
      this.#round = this.#run()
    })
  }

  async #run(): Promise<void> {
    const { ports } = this.#setting
    try {
      await this.round()
    } catch (error) {
      // The store is away, or this node no longer leads: what was found is found again.
      if (!(error instanceof Stopped))
        ports.logger.warn({ error: String(error) }, 'tables could not be compared; trying again')
    }
    this.#next()
  }

  /** One look at everything, or at the next part of what is large. */
  async round(): Promise<void> {
    const { findings } = this
    const { ports, digester } = this.#setting
    const startedAt = ports.clock.now()
    const pace = keepPace(ports.clock, ports.timers, () => {
      if (!this.#isLeading) throw new Stopped('no longer leading')
    })
    const round = findings.begin(startedAt)
    const scan = await digester.scan(pace)
    if (!(await this.#log.isSound(pace))) await this.#mendLog(pace)
    const suspects = new Map(await this.#bytes.suspects(pace))
    this.#wholeSince.clear()
    for (const peer of this.#setting.peers) {
      for (const subject of await this.#compare(peer, scan, round)) suspects.set(subject, `${peer} holds another one`)
    }
    await this.#mendRows(suspects, pace)
    for (const { subject, detail } of this.#setting.flaws()) await this.#open(subject, detail)
    findings.end(ports.clock.now(), (subject) => this.#wholeSince.get(tableOf(subject)) ?? round)
  }

  async #compare(peer: RegionId, scan: Scan, round: number): Promise<readonly string[]> {
    const { ports, reach } = this.#setting
    const found: string[] = []
    try {
      const ask = (request: DigestRequest) => this.#answer(peer, (connection) => connection.digests(request))
      const within = (vector: VersionVector, limitMs: number) => reach(vector, ports.clock.now() + limitMs)
      for (const table of tableNames) {
        const lap = this.#lapOf(peer, table)
        lap.begin(round)
        const keys = compareTable({ ...this.#setting, ask, reach: within }, table, scan, lap)
        for await (const key of keys) found.push(subjectOf(table, key))
        this.#wholeSince.set(table, Math.min(lap.wholeSince, this.#wholeSince.get(table) ?? round))
      }
      const { ranges } = await ask({ table: 'log', level: 1, after: null, until: null })
      await this.#compareLogs(peer, new Map(ranges.map(({ until, digest }) => [until, digest])))
    } catch (error) {
      if (!this.#isLeading) throw new Stopped('no longer leading')
      ports.logger.debug({ peer, error: String(error) }, 'a peer could not be compared with')
    }
    return found
  }

  #lapOf(peer: RegionId, table: TableName): Lap {
    const name = `${peer}/${table}`
    const lap = this.#laps.get(name) ?? new Lap()
    this.#laps.set(name, lap)
    return lap
  }

  /** Two sound logs that differ in whole ranges are two histories of one origin: nothing here can decide between them. */
  async #compareLogs(peer: RegionId, theirs: ReadonlyMap<string | null, string>): Promise<void> {
    for (const { until, digest } of this.#log.ranges) {
      const other = theirs.get(until)
      if (other === undefined || other === digest) continue
      await this.#open(
        `log ${until}`,
        `${peer} holds another signed history of it; one of the two is no copy of what was written`,
      )
    }
  }

  /** A question over the open link; rejects where it is not open, without an answer in time, and when this node stops. */
  #answer<Answer>(peer: RegionId, put: (connection: PeerConnection) => Promise<Answer>): Promise<Answer> {
    const { open, ports } = this.#setting
    return new Promise((resolve, reject) => {
      const cancel = ports.timers.after(answerMs, () => reject(new Error(`${peer} has not answered in time`)))
      this.#waiting.add(reject)
      Promise.resolve()
        .then(() => put(open(peer)))
        .then(resolve, reject)
        .finally(() => {
          cancel()
          this.#waiting.delete(reject)
        })
    })
  }

  async #mendLog(pace: Pace): Promise<void> {
    const { flaws, unmended } = await mendLog({
      ...this.#setting,
      pace,
      fetch: (peer, hole) => this.#answer(peer, (connection) => connection.commitsOf(hole)),
    })
    for (const { first, last, reason } of runsOf(flaws)) {
      const subject = first === last ? `log position ${first}` : `log positions ${first} to ${last}`
      if (unmended === null) await this.#repaired('log', subject, reason)
      else {
        this.findings.found('log')
        await this.#open(subject, `${reason}; ${unmended}`)
      }
    }
  }

  async #mendRows(suspects: ReadonlyMap<string, string>, pace: Pace): Promise<void> {
    const unsettled = [...suspects.keys()].filter((subject) => !this.findings.isSettled(subject))
    const fresh = this.findings.leastLooked(unsettled).slice(0, maximumSuspects)
    for (const subject of suspects.keys()) await this.#tell(subject, suspects)
    if (fresh.length === 0) return
    const named = (table: Subject) => fresh.filter((subject) => tableOf(subject) === table)
    const wanted: Wanted = {
      documents: new Set(named('documents')),
      skus: new Set(named('stock').map((subject) => subject.slice('stock/'.length))),
      conflicts: new Set(named('conflicts').map((subject) => subject.replace(conflictsPrefix, ''))),
    }
    const actor = Buffer.from(this.#setting.ports.random.bytes(16)).toString('hex')
    const { repaired, sound, unknown, isLogBroken } = await mendRows({ ...this.#setting, pace, actor }, wanted)
    for (const subject of sound) this.findings.looked(subject, true)
    for (const subject of repaired) {
      await this.#repaired(tableOf(subject), subject, suspects.get(subject) ?? '')
    }
    for (const subject of unknown) {
      this.findings.looked(subject, false)
      await this.#tell(subject, suspects)
    }
    if (isLogBroken) this.#log.restart()
  }

  async #tell(subject: string, suspects: ReadonlyMap<string, string>): Promise<void> {
    const words = this.findings.stillDiffers(subject)
    if (words !== null) await this.#open(subject, `${suspects.get(subject)}; ${words}`)
  }

  async #open(subject: string, detail: string): Promise<void> {
    this.findings.open(subject, detail)
    const name = subject.replaceAll(' ', ':')
    await this.#setting.incidents.raise({ kind: 'divergence', subject: name, entityIds: [entityOf(subject)], detail })
  }

  async #repaired(table: Subject, subject: string, detail: string): Promise<void> {
    const { incidents, ports } = this.#setting
    this.findings.found(table)
    this.findings.repaired(table)
    const name = `${subject.replaceAll(' ', ':')}:${ports.clock.now()}`
    const words = `${subject} was not what the signed log says (${detail}). It was put right; find out what spoiled it.`
    await incidents.raise({ kind: 'divergence', subject: name, entityIds: [entityOf(subject)], detail: words })
  }
}

interface Run {
  readonly first: number
  readonly last: number
  readonly reason: string
}

/** What is wrong in a row for one reason is told once: a segment of the archive holds some thousand commits. */
function runsOf(flaws: readonly { readonly position: number; readonly reason: string }[]): readonly Run[] {
  const runs: Run[] = []
  for (const { position, reason } of flaws) {
    const before = runs.at(-1)
    if (before !== undefined && before.last + 1 === position && before.reason === reason)
      runs[runs.length - 1] = { ...before, last: position }
    else runs.push({ first: position, last: position, reason })
  }
  return runs
}

function tableOf(subject: string): Subject {
  if (subject.startsWith('log ')) return 'log'
  if (subject.startsWith('stock/')) return 'stock'
  return conflictsPrefix.test(subject) ? 'conflicts' : 'documents'
}

/** The id of a document, the SKU of stock. */
function entityOf(subject: string): string {
  const named = subject.replace(conflictsPrefix, '')
  return named.slice(named.indexOf('/') + 1)
}
