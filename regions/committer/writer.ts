// The one lane through which a node writes: its own commits and the commits it applies, one at a time, with the cache
// that moves in step with them. Tells what became durable; knows nothing of who waits for it.

import type { Foldable } from '@causeway/db/history'
import type { SnapshotDescription } from '@causeway/db/snapshots/snapshots'
import { type Head, type Obligation, type Store, StoreError } from '@causeway/db/store'
import type { Origin, RegionId } from '@causeway/schema/clock/origin'
import type { Commit, CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import { ruleVersion } from '@causeway/schema/commit/header'
import { type ReadCommit, readWhole } from '@causeway/schema/documents/whole-changes'
import type { StockRow } from '@causeway/schema/stock/row'
import { applyUnits, type UnitRequest, type UnitRuling } from '../device-sync/unit-writer.ts'
import { ClockAhead } from '../freshness/clock-watch.ts'
import { foldDocuments, settleFold } from '../history/fold-documents.ts'
import { Branches } from '../integrity/branches.ts'
import { ChainIndex } from '../integrity/chain-index.ts'
import type { Branch } from '../integrity/inquiry.ts'
import type { Refusal } from '../integrity/refusal.ts'
import type { Clock, Ports } from '../ports.ts'
import { type NamedBy, nothingNamed } from '../recovery/fence-limits.ts'
import { applyBranch, type BranchSetting, type Handover, handOver } from '../recovery/forks/apply-branches.ts'
import type { Recalled } from '../recovery/recollection.ts'
import { RestoredRegion } from '../recovery/standing.ts'
import { type InstallSetting, installSnapshot } from '../replication/snapshot/install-snapshot.ts'
import { type Applied, type ApplySetting, apply, TroubledBatch } from './apply.ts'
import { emptySet, type FlushResult, type FlushSetting, flush } from './flush.ts'
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts'
import { Lane } from './lane.ts'
import { NodeCache } from './node-cache.ts'
import type { Committed, Flushed, PendingCommand } from './pending.ts'

export interface Durable {
  readonly head: Head
  readonly entries: readonly { readonly position: number; readonly sealed: SealedCommit; readonly commit: Commit }[]
  readonly isRemote: boolean
  /** Rows of this origin that its own commit has changed. */
  readonly rows: Iterable<StockRow>
  /** Something is owed that was not before. */
  readonly owes: boolean
}

export interface WriterSetting {
  readonly store: Store
  readonly ports: Pick<Ports, 'clock' | 'random'>
  /** Commits are dated by it; it throws ClockAhead where they must not be. That of `ports` where left out. */
  readonly clock?: Clock
  readonly crypto: CommitCrypto
  readonly members: readonly RegionId[]
  /** The newest rules that this node can judge by. */
  readonly newestRules?: number
  /** How a commit's bytes are read; anew for each where left out. */
  readonly read?: ReadCommit
  /** Called after each transaction that wrote commits, before their callers are answered. */
  readonly durable: (written: Durable) => void
}

/** What of the offered commits was not applied, or not whole. */
export type Refusals = Pick<Applied, 'refused' | 'stripped'>

/** Rows are not as they were remembered. */
function isOfRows(error: unknown): boolean {
  return error instanceof StoreError && (error.code === 'RIGHTS' || error.code === 'STALE_HEADS')
}

/** A database that is away or full is so for all, and a clock that is wrong; a fault of a command, rows that it may not have so, or what it alone asks for are its own. */
function isOfOne(error: unknown): boolean {
  if (error instanceof StoreError) return isOfRows(error) || error.code === 'UNFIT'
  return !(error instanceof ClockAhead)
}

const limits: GroupCommitOptions = { maximumWaiting: 20_000, maximumFlushWeight: 8_000, isOfOne }

export class Writer {
  readonly #setting: WriterSetting
  readonly #lane = new Lane()
  readonly #cache = new NodeCache()
  readonly chain: ChainIndex
  /** What is held of logs that were signed beside those that stand here. */
  readonly branches: Branches
  readonly #committer: GroupCommit<PendingCommand, Flushed>
  readonly #actor: string

  constructor(setting: WriterSetting) {
    this.#setting = setting
    this.chain = new ChainIndex(setting.store)
    this.branches = new Branches(setting.store.evidence, setting.crypto)
    this.#actor = this.#newActor()
    this.#committer = new GroupCommit((commands) => this.#flush(commands), limits)
  }

  /** Resolves when the ruling is durable. Rejects with StoreError, QueueFull or RestoredRegion; nothing is written then. */
  async submit(command: PendingCommand): Promise<Committed> {
    const weight = Math.max(1, command.definition.reads(command.input).skus.length)
    for (;;) {
      const ruled = await this.#committer.submit(command, weight)
      if (ruled.status === 'elsewhere') throw new RestoredRegion(ruled.region)
      if (ruled.status !== 'again') return ruled
    }
  }

  /** `excused`: origins that have signed two logs; `named`: by what waits; `recalled`: of fences, by others. What was refused, and why; the rest is durable. One commit that cannot be worked out keeps no other from being applied. */
  async apply(
    commits: readonly SealedCommit[],
    excused: ReadonlySet<Origin> = new Set(),
    named: () => NamedBy = () => nothingNamed,
    recalled: Recalled | null = null,
  ): Promise<Refusals> {
    const beside = { excused, named, recalled }
    try {
      return await this.#applyBatch(commits, beside)
    } catch (error) {
      if (!(error instanceof TroubledBatch)) throw error
      const all: { refused: Refusal[]; stripped: Refusal[] } = { refused: [], stripped: [] }
      for (const commit of commits) {
        const { refused, stripped } = await this.#applyBatch([commit], beside)
        all.refused.push(...refused)
        all.stripped.push(...stripped)
      }
      return all
    }
  }

  async #applyBatch(
    commits: readonly SealedCommit[],
    beside: Pick<ApplySetting, 'excused' | 'named' | 'recalled'>,
  ): Promise<Refusals> {
    const { store, crypto, members } = this.#setting
    const { branches } = this
    const { newestRules = ruleVersion, read = readWhole } = this.#setting
    const judging = { chain: this.chain, newestRules, read, members, branches, ...beside }
    const setting = { store, crypto, cache: this.#cache, actor: this.#actor, ...judging }
    const applied = await this.#inLane(() => apply(setting, commits))
    if (applied.set) {
      const { head, newObligations } = applied.set
      this.#setting.durable({
        head,
        entries: applied.commits,
        isRemote: true,
        rows: [],
        owes: newObligations.length > 0,
      })
    }
    return applied
  }

  /** What others stand on of a log that was signed beside the one that is held here (C6). Throws FlawedBranch. */
  async applyBranch(branch: Branch): Promise<void> {
    const { set, commits } = await this.#inLane(() => applyBranch(this.#branchSetting(), branch))
    if (set === null) return
    const owes = set.newObligations.length > 0
    this.#setting.durable({ head: set.head, entries: commits, isRemote: true, rows: [], owes })
  }

  /** The other log has the origin's name from now on: no commit says so to whoever waits for the frontier that others have. */
  async handOver(handover: Handover): Promise<void> {
    const head = await this.between(async () => (await handOver(this.#branchSetting(), handover))?.head ?? null)
    if (head) this.#setting.durable({ head, entries: [], isRemote: true, rows: [], owes: false })
  }

  #branchSetting(): BranchSetting {
    const { store, crypto, members } = this.#setting
    return { store, crypto, members, branches: this.branches, cache: this.#cache, actor: this.#actor }
  }

  /** How many of the documents have been folded. */
  async fold(documents: readonly Foldable[]): Promise<number> {
    const { written } = await this.#inLane(() => foldDocuments(this.#flushSetting(), documents))
    if (!written) return 0
    this.chain.note([written.sealed])
    this.#setting.durable({
      head: written.set.head,
      entries: [{ position: written.set.head.position, ...written }],
      isRemote: false,
      rows: [],
      owes: true,
    })
    return written.set.documents.length
  }

  /** Devices' units, together. */
  async units(requests: readonly UnitRequest[]): Promise<readonly UnitRuling[]> {
    const { rulings, flushed } = await this.#inLane(() => applyUnits(this.#flushSetting(), requests))
    this.#note(flushed)
    return rulings
  }

  async settleFold(obligation: Obligation): Promise<boolean> {
    return this.#inLane(() => settleFold(this.#setting.store, obligation))
  }

  /** What was owed has been done elsewhere than in the log. */
  async settled({ number }: Obligation): Promise<void> {
    const { store } = this.#setting
    const done = { settledObligations: [number] }
    await this.#inLane(() => store.transact(({ head, write }) => write({ ...emptySet(head), ...done })))
  }

  /** The state is another one then: whoever reads the log by its positions begins anew behind the head. */
  async install(description: SnapshotDescription, leaving: InstallSetting['leaving']): Promise<Head> {
    const { store, crypto, members } = this.#setting
    return this.#inLane(async () => {
      const head = await installSnapshot({ store, crypto, members, actor: this.#actor, leaving }, description)
      this.#cache.clear()
      this.chain.clear()
      return head
    })
  }

  /** Runs between transactions; what the node remembers is forgotten where `work` says that the log is another one. */
  async between(work: () => Promise<Head | null>): Promise<Head | null> {
    return this.#inLane(async () => {
      const head = await work()
      if (head) this.#cache.clear()
      if (head) this.chain.clear()
      return head
    })
  }

  async idle(): Promise<void> {
    await this.#inLane(async () => undefined)
  }

  /** The store knows better than what is remembered here: whoever comes next asks it, and does not fail for the same reason for ever. */
  #inLane<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#lane.run(async () => {
      try {
        return await work()
      } catch (error) {
        if (isOfRows(error)) this.#cache.clear()
        throw error
      }
    })
  }

  async #flush(commands: readonly PendingCommand[]): Promise<readonly Flushed[]> {
    const flushed = await this.#inLane(() => flush(this.#flushSetting(), commands))
    this.#note(flushed)
    return flushed.rulings
  }

  #note({ written }: FlushResult): void {
    if (!written) return
    this.chain.note([written.sealed])
    const { head, newObligations } = written.set
    const entries = [{ position: head.position, ...written }]
    const { rows } = written
    this.#setting.durable({ head, entries, isRemote: false, rows, owes: newObligations.length > 0 })
  }

  #flushSetting(): FlushSetting {
    const { store, crypto, members, ports, clock = ports.clock } = this.#setting
    const actors = { actor: this.#actor, freshActor: () => this.#newActor() }
    return { store, crypto, members, clock, cache: this.#cache, ...actors }
  }

  #newActor(): string {
    return Buffer.from(this.#setting.ports.random.bytes(16)).toString('hex')
  }
}
