// What follows from what was said of fences: which are decided and where, which are not yet and whose word is missing. A
// pure function of the log of fences and, for who may be retired next, the configured members. Knows no link, no store and no stock.
//
// - A fence is decided once every member that stays has said how far it holds what is to be fenced; it lies at the highest
//   of that. Who has said so applies nothing beyond it but what others who stay have applied, so a decided fence never moves.
// - Retires of one target are one, and the lowest of them counts. Targets are decided one after the other, the lowest first.
//   Together, so that nobody waits for the word of any of them, only where an operator has said so, or where all but one are
//   earlier incarnations: a region that was restored and one that is lost for good would else wait for each other. Then all who
//   stay say a word about them together.
// - Of two regions that retire each other the lower retire stands, unless the other one was decided by those who did not
//   know it; and what lies beyond a decided fence was never said. Where fewer than a majority of the members would stay,
//   nothing is decided unless an operator has said that it may.
// - A region that was restored may have said another word in its life before. What it says now counts once all have said how
//   far they hold what it wrote then: whoever has heard them holds that as far, and that word with it.
// - Whoever has said a word keeps it, even where a lower retire comes up: until that fence is decided or cannot be any more.

import type { Origin, RegionId } from '../clock/origin.ts'
import { incarnationOf, regionOf } from '../clock/origin.ts'
import { covers, sequenceOf, type VersionVector } from '../clock/version-vector.ts'
import { compareRetires, type FenceLog, type FenceTarget, isTarget, type Retire, targetKey } from './fence-log.ts'

export interface Fence {
  readonly target: FenceTarget
  readonly key: string
  /** Of the target, those that count, the lowest first. */
  readonly retires: readonly Retire[]
  /** How far each origin goes; those that are not named have nothing. Before it is decided: the highest that anybody has said. */
  readonly heights: VersionVector
  /**
   * Hex, of the commits at which the logs end there. Of an origin that has signed several the lowest of those that were said:
   * that log keeps the origin's name, the others are kept beside it (C6).
   */
  readonly ends: Readonly<Record<Origin, string>>
}

export interface PendingFence extends Fence {
  /** Members that stay and have not said how far they hold it. */
  readonly missing: readonly RegionId[]
}

export interface Fences {
  /** In the order in which they were decided; what is decided together by key. */
  readonly decided: readonly Fence[]
  /** What is to be decided next, together. */
  readonly pending: readonly PendingFence[]
  /** All that are neither decided nor impossible, those that are pending among them. */
  readonly open: readonly Fence[]
  /** Configured members that have not left by a decided fence. */
  readonly members: readonly RegionId[]
}

/** By log, then by members. */
const known = new WeakMap<FenceLog, Map<string, Fences>>()

/** Worked out once for each log: every commit goes by it, and a log of some dozens of retires takes many milliseconds. */
export function decideFences(log: FenceLog, members: readonly RegionId[]): Fences {
  if (log.retires.length === 0) return { decided: [], pending: [], open: [], members }
  const byMembers = known.get(log) ?? new Map<string, Fences>()
  known.set(log, byMembers)
  const name = members.join()
  const found = byMembers.get(name) ?? decide(log, members)
  byMembers.set(name, found)
  return found
}

function decide(log: FenceLog, members: readonly RegionId[]): Fences {
  const decided: Fence[] = []
  for (;;) {
    const stay = (all: readonly RegionId[]) => all.filter((member) => !hasLeft(decided, member))
    // Those who were members when it was retired: what was decided without a region that joined since stays decided.
    const asked = ([group]: readonly Group[]) => stay(group?.retires[0]?.members ?? members)
    // Who stays becomes fewer, never more: what too few would decide now they never will.
    const open = groupsOf(standing(log, decided)).filter((group) => mayDecide(group, asked([group])))
    const one = open.find((group) => isAgreed(log, [group], decided, asked([group])))
    const chosen = one === undefined ? choose(open, asked(open)) : [one]
    if (one === undefined && !isAgreed(log, chosen, decided, asked(chosen))) {
      const missing = missingOf(log, chosen, decided, stayingAfter(chosen, asked(chosen)))
      const pending = chosen.map((group) => ({ ...fenceOf(log, group), missing }))
      return { decided, pending, open: open.map((group) => fenceOf(log, group)), members: stay(members) }
    }
    decided.push(...chosen.map((group) => fenceOf(log, group)).sort((a, b) => (a.key < b.key ? -1 : 1)))
  }
}

/** How far `origin` goes where a decided fence stands before it; null where none does. */
export function heightOf({ decided }: Pick<Fences, 'decided'>, origin: Origin): number | null {
  let height: number | null = null
  for (const { target, heights } of decided) {
    if (!isTarget(target, origin)) continue
    // Of two fences before one origin the second is no lower: it was decided by those who knew the first.
    height = Math.min(height ?? Number.POSITIVE_INFINITY, sequenceOf(heights, origin))
  }
  return height
}

/**
 * How far `region` applies commits of `origin` by itself; beyond a pending fence it applies what others who stay have
 * applied. Null: without limit.
 */
export function limitOf(log: FenceLog, fences: Fences, region: RegionId, origin: Origin): number | null {
  const height = heightOf(fences, origin)
  if (height !== null) return height
  const said = fences.open.find((fence) => isTarget(fence.target, origin) && hasVoted(log, region, [fence.key]))
  return said === undefined ? null : sequenceOf(said.heights, origin)
}

/** True where nobody retires it, as far as is known. */
export function isStaying({ decided, open }: Pick<Fences, 'decided' | 'open'>, origin: Origin): boolean {
  return ![...decided, ...open].some(({ target }) => isTarget(target, origin))
}

/**
 * Whether `region` may apply, beyond a fence that is not decided yet, what `origin` has applied: its word still counts, or
 * `region` is still to say how far it holds `origin`, and will then tell what it has applied because of it.
 */
export function isHeeded(log: FenceLog, { decided, open }: Fences, region: RegionId, origin: Origin): boolean {
  if (decided.some(({ target }) => isTarget(target, origin))) return false
  return !open.some(({ target, key }) => isTarget(target, origin) && hasVoted(log, region, [key]))
}

/**
 * What a region says that it holds, with every word: of all that is open and of `more`. What it has applied because others
 * had would else be forgotten where these are retired in turn.
 */
export function heldOf(
  { open }: Pick<Fences, 'open'>,
  frontier: VersionVector,
  more: readonly FenceTarget[] = [],
): VersionVector {
  const targets = [...open.map(({ target }) => target), ...more]
  return Object.fromEntries(
    Object.entries(frontier).filter(([origin]) => targets.some((target) => isTarget(target, origin))),
  )
}

/** What `region` has to say a word about: it is to stay, and has not. */
export function owedVotes({ pending }: Pick<Fences, 'pending'>, region: RegionId): readonly PendingFence[] {
  return pending.some(({ missing }) => missing.includes(region)) ? pending : []
}

/** Whether a region may be retired without an operator's word: a majority stays, and no other one is being retired. */
export function isPlainRetire({ open, members }: Fences, region: RegionId): boolean {
  const isAlone = open.every(({ target }) => target.before !== null || target.region === region)
  return isAlone && (members.length - 1) * 2 > members.length
}

/** Members whose commits are still to come: all but those that left and of which everything is applied. */
export function activeMembers(fences: Fences, members: readonly RegionId[], frontier: VersionVector): RegionId[] {
  return members.filter((member) => {
    const fence = fences.decided.find(({ target }) => target.region === member && target.before === null)
    return fence === undefined || !covers(frontier, fence.heights)
  })
}

/** The region that takes over what a decided fence leaves behind: of those that retired it, the lowest that stays. */
export function reclaimerOf({ decided, members }: Fences, fence: Fence): RegionId | undefined {
  const seen = new Set<string>()
  let current: Fence | undefined = fence
  while (current !== undefined && !seen.has(current.key)) {
    seen.add(current.key)
    const stays: Retire | undefined = current.retires.find(({ by }) => members.includes(regionOf(by)))
    if (stays !== undefined) return regionOf(stays.by)
    const heir: RegionId | undefined = current.retires[0] && regionOf(current.retires[0].by)
    current = decided.find(({ target }) => target.region === heir && target.before === null)
  }
  return members[0]
}

function hasLeft(decided: readonly Fence[], region: RegionId): boolean {
  return decided.some(({ target }) => target.region === region && target.before === null)
}

/** Retires that count as far as what is decided tells, of targets that are not decided. */
function standing({ retires }: FenceLog, decided: readonly Fence[]): readonly Retire[] {
  const keys = new Set(decided.map(({ key }) => key))
  return retires.filter((retire) => {
    if (keys.has(targetKey(retire))) return false
    return !decided.some((fence) => {
      if (!isTarget(fence.target, retire.by)) return false
      return retire.sequence > sequenceOf(fence.heights, retire.by) || isMutual(retire, fence.retires)
    })
  })
}

function isMutual(retire: Retire, others: readonly Retire[]): boolean {
  return others.some((other) => isTarget(retire, other.by) && isTarget(other, retire.by))
}

interface Group {
  readonly target: FenceTarget
  readonly key: string
  readonly retires: readonly Retire[]
}

/** By their lowest retires. */
function groupsOf(retires: readonly Retire[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const retire of [...retires].sort(compareRetires)) {
    const key = targetKey(retire)
    const group = groups.get(key)
    const target = { region: retire.region, before: retire.before }
    groups.set(key, { target, key, retires: [...(group?.retires ?? []), retire] })
  }
  return [...groups.values()]
}

/** What is decided together: the lowest that can be, and what else may join it. No retire by one that a lower one retires. */
function choose(open: readonly Group[], staying: readonly RegionId[]): readonly Group[] {
  const chosen: Group[] = []
  for (const group of open) {
    const retires = group.retires.filter((retire) => !chosen.some(({ target }) => isTarget(target, retire.by)))
    const left = { ...group, retires }
    const isFirst = chosen.every(({ target }) => target.before !== null)
    const fits = (isFirst || joins(left)) && stayingAfter([...chosen, left], staying).length > 0
    if (retires.length > 0 && fits) chosen.push(left)
  }
  return chosen
}

function joins({ target, retires }: Group): boolean {
  return target.before !== null || retires.some(({ overrides }) => overrides)
}

function stayingAfter(groups: readonly Group[], staying: readonly RegionId[]): readonly RegionId[] {
  return staying.filter((member) => !groups.some(({ target }) => target.region === member && target.before === null))
}

function mayDecide(group: Group, staying: readonly RegionId[]): boolean {
  const after = stayingAfter([group], staying).length
  return after > 0 && (joins(group) || after * 2 > staying.length)
}

/** Nothing is agreed by nobody, and nothing about nothing. */
function isAgreed(
  log: FenceLog,
  groups: readonly Group[],
  decided: readonly Fence[],
  members: readonly RegionId[],
): boolean {
  return groups.length > 0 && missingOf(log, groups, decided, stayingAfter(groups, members)).length === 0
}

function missingOf(
  log: FenceLog,
  groups: readonly Group[],
  decided: readonly Fence[],
  members: readonly RegionId[],
): readonly RegionId[] {
  const ended = [...decided, ...groups]
  const votes = log.votes.filter(
    ({ by }) => incarnationOf(by) === 1 || ended.some(({ target }) => endsBefore(target, by)),
  )
  return members.filter((member) => !hasVoted({ votes }, member, groups.map(wordOf)))
}

/** What the region of `by` wrote in all its lives before that one. */
function endsBefore({ region, before }: FenceTarget, by: Origin): boolean {
  return before !== null && region === regionOf(by) && before >= incarnationOf(by)
}

/** What a word about a fence is said under: about one that an operator has let join others it is said anew. */
export function wordOf({ key, retires }: Pick<Group, 'key' | 'retires'>): string {
  return retires.some(({ overrides }) => overrides) ? `${key}!` : key
}

/** Whether a region has said a word about all of these at once. */
function hasVoted({ votes }: Pick<FenceLog, 'votes'>, region: RegionId, words: readonly string[]): boolean {
  const covers = (targets: readonly string[]) =>
    words.every((word) => targets.includes(word) || targets.includes(`${word}!`))
  return votes.some(({ by, targets }) => regionOf(by) === region && covers(targets))
}

/**
 * What is fenced does not say how far it goes; nor does a later life of the region, which was restored from another copy, and may
 * hold more of its old log than anybody knew when that was ended.
 */
function isUnheard(target: FenceTarget, by: Origin): boolean {
  if (isTarget(target, by)) return true
  return target.before !== null && regionOf(by) === target.region && incarnationOf(by) > target.before
}

function fenceOf(log: FenceLog, { target, key, retires }: Group): Fence {
  const votes = log.votes.filter(({ by }) => !isUnheard(target, by))
  const heights: Record<Origin, number> = {}
  for (const { held } of votes) {
    for (const origin in held) {
      if (isTarget(target, origin)) heights[origin] = Math.max(heights[origin] ?? 0, sequenceOf(held, origin))
    }
  }
  const ends: Record<Origin, string> = {}
  for (const { held, hashes } of votes) {
    for (const origin in heights) {
      const hash = hashes?.[origin]
      if (hash === undefined || sequenceOf(held, origin) !== sequenceOf(heights, origin)) continue
      const known = ends[origin]
      ends[origin] = known === undefined || hash < known ? hash : known
    }
  }
  return { target, key, retires, heights, ends }
}
