// Where a fence ends another log of an origin than the one that stands here under its name (C6, S7): that one takes the name. By
// then all who stay have said how far they hold the origin, and what they stand on is applied beside the own one, so nothing is
// fetched and nothing becomes other than it was but the frontier, which is everybody's from then on.

import type { LogFloor } from '@causeway/db/history'
import type { Head } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { SealedCommit } from '@causeway/schema/commit/commit'
import type { Fence } from '@causeway/schema/fence/fences'
import { endsAt } from '@causeway/schema/fence/fencing'
import { toHex } from '@causeway/schema/hex'
import type { Branches } from '../../integrity/branches.ts'
import type { ChainIndex } from '../../integrity/chain-index.ts'
import type { Custody } from '../../integrity/custody.ts'
import type { Handover } from './apply-branches.ts'

export interface ForkedEndSetting {
  readonly head: () => Head
  readonly chain: Pick<ChainIndex, 'at' | 'read'>
  readonly branches: Branches
  readonly custody: Pick<Custody, 'keep'>
  /** From where on the log is kept. */
  readonly floor: () => Promise<LogFloor>
  readonly handOver: (handover: Handover) => Promise<unknown>
}

/** Origins of decided fences whose other log is to take the name here. */
export function forkedEnds(decided: readonly Fence[], { frontier, chainHashes }: Head): readonly [Origin, string][] {
  return decided.flatMap((fence) =>
    Object.entries(fence.ends).filter(
      ([origin, end]) =>
        !endsAt(fence, origin, frontier, chainHashes) &&
        Object.entries(chainHashes).some(([name, hash]) => name.startsWith(`${origin}~`) && toHex(hash) === end),
    ),
  )
}

/** Its own log is kept as evidence, for others may still ask for it. */
export async function takeEnd(setting: ForkedEndSetting, origin: Origin, end: string): Promise<void> {
  const { chain, branches, custody, handOver, head, floor } = setting
  const { frontier, chainHashes } = head()
  await branches.refresh(chainHashes)
  const beside = branches.appliedOf(origin, chainHashes)
  const main: SealedCommit[] = []
  for (let commit = beside.get(end); commit !== undefined; commit = beside.get(toHex(commit.previousHash)))
    main.unshift(commit)
  const [first] = main
  if (first === undefined) return
  const own: SealedCommit[] = []
  // What the log no longer reaches back to keeps no name: nobody can ask for it either.
  const begin = Math.max(first.firstSequence, sequenceOf((await floor()).vector, origin) + 1)
  for (let sequence = begin; sequence <= sequenceOf(frontier, origin); ) {
    const commit = await chain.read(origin, sequence, frontier)
    if (commit === null) throw new Error(`the log of ${origin} from ${sequence} on is no longer at hand`)
    own.push(commit)
    sequence = commit.lastSequence + 1
  }
  await custody.keep(own)
  await handOver({ origin, own, main })
}
