// Applies, beside the log of an origin that has signed two, what others stand on of the other one (C6): its documents, stock
// rows and outcomes, with a place in the local log and none in the frontier. And lets the other one of two logs that are both
// applied take the origin's name: what they say stays, and only what they are called changes.

import type { HeadTransaction, StockWrite, WriteSet } from '@causeway/db/store'
import { observe } from '@causeway/schema/clock/hybrid-clock'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { branchesOf, branchName } from '@causeway/schema/commit/branch'
import { readCommit } from '@causeway/schema/commit/codec'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import { withWholeChanges } from '@causeway/schema/documents/whole-changes'
import { toHex } from '@causeway/schema/hex'
import { emptyCells, mainLocation, type OwnStockRow, type StockCells } from '@causeway/schema/stock/row'
import { findBranchFlaw } from '@causeway/schema/validity/judge'
import { type Applied, type ApplySetting, prepare } from '../../committer/apply.ts'
import { noReads } from '../../committer/flush.ts'
import type { Branches } from '../../integrity/branches.ts'
import type { Branch } from '../../integrity/inquiry.ts'
import { lastCells, withBranch } from './forked-rows.ts'

export type BranchSetting = Pick<ApplySetting, 'store' | 'cache' | 'crypto' | 'actor' | 'members'> & {
  readonly branches: Branches
}

/** A log that somebody stands on and that breaks a rule: whoever applied it is no better. */
export class FlawedBranch extends Error {}

/** Once, however often it is asked for. Runs in the node's lane. Throws FlawedBranch, and what the store throws. */
export function applyBranch(setting: BranchSetting, branch: Branch): Promise<Applied> {
  return setting.store.transact(async (transaction): Promise<Applied> => {
    await setting.cache.catchUp(transaction)
    const { head } = transaction
    const applied = setting.branches.appliedOf(branch.origin, head.chainHashes)
    const fresh = branch.commits.filter(({ hash }) => !applied.has(toHex(hash)))
    const [first] = fresh
    if (first === undefined) return { commits: [], set: null, refused: [], stripped: [] }
    const name = nameOf(first, head.chainHashes)
    const commits = fresh.map((sealed, index) => ({
      position: head.position + 1 + index,
      sealed: { ...sealed, origin: name },
      commit: withWholeChanges(readCommit(sealed), setting.crypto.sha256),
    }))
    const rows = new Map(branch.bases)
    for (const sealed of branch.commits.slice(0, branch.commits.length - fresh.length))
      for (const { sku, cells } of readCommit(sealed).stock) rows.set(sku, cells)
    const bases = new Map(rows)
    for (const { commit } of commits) {
      const row = ({ sku }: OwnStockRow) => ({ cells: rows.get(sku) ?? emptyCells, givenIn: 0 })
      const found = findBranchFlaw(commit, { ...setting.crypto, row })
      if (found !== null)
        throw new FlawedBranch(`${branch.origin}:${commit.firstSequence} breaks ${found.rule}: ${found.reason}`)
      for (const { sku, cells } of commit.stock) rows.set(sku, cells)
    }
    const set = await prepare(setting, transaction, commits)
    const others = set.stock.filter(({ holder }) => holder !== branch.origin)
    const stock = [
      ...others,
      ...(await addedRows(transaction, { ...branch, bases }, lastCells(commits.map(({ commit }) => commit)))),
    ]
    const outcomes = await standingOutcomes(transaction, set.outcomes)
    await transaction.write({ ...set, stock, outcomes })
    // Rows of two logs are merged by the store: what is remembered of them is not.
    setting.cache.clear()
    return { commits, set, refused: [], stripped: [] }
  })
}

/** The origin's rows with what the branch did to them. */
async function addedRows(
  transaction: Pick<HeadTransaction, 'load'>,
  { origin, bases }: Branch,
  ends: ReadonlyMap<string, StockCells>,
): Promise<readonly StockWrite[]> {
  const { stock } = await transaction.load({ ...noReads, skus: [...ends.keys()] })
  return [...ends].map(([sku, end]) => {
    const held = stock.find((row) => row.sku === sku && row.location === mainLocation && row.holder === origin)
    const cells = withBranch(held?.cells ?? emptyCells, bases.get(sku) ?? null, end)
    return { sku, location: mainLocation, holder: origin, cells, mayOwe: true }
  })
}

/** A branch that goes on keeps its name. */
function nameOf(first: SealedCommit, chainHashes: HeadTransaction['head']['chainHashes']): string {
  const previous = toHex(first.previousHash)
  const known = branchesOf(chainHashes, first.origin).find(
    (name) => toHex(chainHashes[name] ?? first.hash) === previous,
  )
  return known ?? branchName(first.origin, first)
}

/** Of two outcomes that one origin has signed for one key the same stands, whichever was applied first. */
async function standingOutcomes(
  transaction: Pick<HeadTransaction, 'load'>,
  outcomes: readonly KnownOutcome[],
): Promise<readonly KnownOutcome[]> {
  const { outcomes: held } = await transaction.load({ ...noReads, keys: [...new Set(outcomes.map(({ key }) => key))] })
  const rank = ({ sequence, result, accepted }: KnownOutcome) => [sequence, JSON.stringify([accepted, result])] as const
  return outcomes.filter((outcome) => {
    const other = held.find(({ key, origin }) => key === outcome.key && origin === outcome.origin)
    if (other === undefined) return true
    const [mine, theirs] = [rank(outcome), rank(other)]
    return mine[0] === theirs[0] ? mine[1] > theirs[1] : mine[0] > theirs[0]
  })
}

export interface Handover {
  readonly origin: SealedCommit['origin']
  /** Of the origin's log here, what follows where the two part; in order, to its end. */
  readonly own: readonly SealedCommit[]
  /** The log that takes the name from there on; all of it is applied. */
  readonly main: readonly SealedCommit[]
}

/** Where it has been done, or its log is not the one of `own` any more, nothing is written. */
export function handOver(setting: BranchSetting, { origin, own, main }: Handover): Promise<WriteSet | null> {
  return setting.store.transact(async (transaction) => {
    const { head } = transaction
    const [last, ownLast, ownFirst] = [main.at(-1), own.at(-1), own[0]]
    if (last === undefined || toHex(head.chainHashes[origin] ?? last.hash) === toHex(last.hash)) return null
    if (ownLast !== undefined && ownLast.lastSequence !== sequenceOf(head.frontier, origin)) return null
    const chainHashes: Record<string, Uint8Array> = { ...head.chainHashes, [origin]: last.hash }
    const renamed: NonNullable<WriteSet['renamed']>[number][] = []
    if (ownFirst !== undefined && ownLast !== undefined) {
      const to = branchName(origin, ownFirst)
      chainHashes[to] = ownLast.hash
      renamed.push({ from: origin, to, sequences: own.map(({ lastSequence }) => lastSequence) })
    } else {
      // The log no longer reaches back to what is left of it, and whoever stands on it pins its end all the same.
      const end = head.chainHashes[origin]
      const isPrefix = end === undefined || toHex(end) === toHex(main[0]?.previousHash ?? last.hash)
      if (!isPrefix) chainHashes[branchName(origin, { hash: end })] = end
    }
    renamed.push(...takenFrom(setting.branches, head.chainHashes, origin, main))
    for (const { from } of renamed) {
      // What is left of a branch, if anything, still ends where it did.
      if (from !== origin && main.some(({ hash }) => toHex(hash) === toHex(head.chainHashes[from] ?? hash)))
        delete chainHashes[from]
    }
    const frontier = { ...head.frontier, [origin]: last.lastSequence }
    const significant = { ...head.significant, [origin]: last.lastSequence }
    const time = observe(head.time, last.time)
    const set: WriteSet = {
      head: { ...head, frontier, significant, chainHashes, time },
      ...{ commits: [], documents: [], conflicts: [], stock: [], outcomes: [] },
      ...{ newObligations: [], settledObligations: [], renamed },
    }
    await transaction.write(set)
    return set
  })
}

/** Each commit from the branch under whose name it is applied. */
function takenFrom(
  branches: Branches,
  chainHashes: HeadTransaction['head']['chainHashes'],
  origin: SealedCommit['origin'],
  main: readonly SealedCommit[],
): NonNullable<WriteSet['renamed']> {
  const known = branches.of(origin)
  const taken = new Map<string, number[]>()
  const names = branchesOf(chainHashes, origin)
  const firstOf = new Map(names.map((name) => [name.slice(name.indexOf('~') + 1), name]))
  let name: string | undefined
  for (const { hash, lastSequence } of main) {
    // A branch is named by its first commit; what follows in it has that name, too.
    name = firstOf.get(toHex(hash).slice(0, 16)) ?? name
    if (name === undefined || !known.has(toHex(hash))) throw new Error(`${origin}:${lastSequence} is not applied here`)
    taken.set(name, [...(taken.get(name) ?? []), lastSequence])
  }
  return [...taken].map(([from, sequences]) => ({ from, to: origin, sequences }))
}
