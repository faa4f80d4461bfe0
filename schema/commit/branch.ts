// Names of what an origin has signed beside its log (C6). Of two commits for one place a region's log has room for one under
// the origin's own name; the other ones, and what follows from them, are kept under a name of their own: the origin and the
// hash of the first that differs. Such a name is of this region alone: it is no origin, it never stands in a clock, and it does
// not travel.

import type { Origin } from '../clock/origin.ts'
import { toHex } from '../hex.ts'
import type { SealedCommit } from './commit.ts'

/** No origin holds it. */
const mark = '~'
const hashDigits = 16

/** `first`: the first commit of the branch. */
export function branchName(origin: Origin, first: Pick<SealedCommit, 'hash'>): string {
  return `${origin}${mark}${toHex(first.hash).slice(0, hashDigits)}`
}

export function isBranch(name: string): boolean {
  return name.includes(mark)
}

/** Names among `chainHashes` of the branches of `origin`. */
export function branchesOf(chainHashes: Readonly<Record<string, unknown>>, origin: Origin): readonly string[] {
  return Object.keys(chainHashes).filter((name) => name.startsWith(`${origin}${mark}`))
}
