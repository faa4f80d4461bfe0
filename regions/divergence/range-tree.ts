// Digests of a sorted table as a tree of key ranges (C9). Where a range ends depends on the keys alone, so two regions
// with nearly the same rows have nearly the same ranges, and a row more or less moves no border but its own. Pure.
// (Auvolat and Taïani, "Merkle Search Trees", 2019, have the same borders; here the levels are a fixed few.)

import { toHex } from '@causeway/schema/hex'

/** After `after`, up to `until` itself; null: from the beginning, to the end. */
export interface KeyRange {
  readonly after: string | null
  readonly until: string | null
}

export interface RangeDigest {
  /** Null: to the end of the table. */
  readonly until: string | null
  /** Hex. */
  readonly digest: string
}

export const digestBytes = 16

/** Level 0 is the whole table; a range of level 1 holds about 4,096 rows, one of level 2 about 64; below are rows. */
export const rangeLevels = 3
/** Rows as they are now, all of a range as one. */
export const wholeLevel = rangeLevels + 1
const borderBits = [32, 12, 6] as const

interface OpenRange {
  readonly sum: Uint8Array
  isEmpty: boolean
}

const openRange = (): OpenRange => ({ sum: new Uint8Array(digestBytes), isEmpty: true })

/** Takes rows in the order of their keys. */
export class RangeTreeBuilder {
  readonly #levels = borderBits.map((): RangeDigest[] => [])
  readonly #open = borderBits.map(openRange)

  add(key: string, digest: Uint8Array): void {
    const zeros = trailingZeros(hashOf(key))
    for (const [level, range] of this.#open.entries()) {
      addTo(range.sum, digest)
      range.isEmpty = false
      if (zeros >= (borderBits[level] ?? 0)) this.#close(level, key)
    }
  }

  build(): RangeTree {
    for (const level of this.#open.keys()) this.#close(level, null)
    return new RangeTree(this.#levels)
  }

  #close(level: number, until: string | null): void {
    const range = this.#open[level] ?? openRange()
    this.#levels[level]?.push({ until, digest: toHex(range.sum) })
    this.#open[level] = openRange()
  }
}

/** The digest of a range of these rows, in hex. */
export function sumOf(digests: Iterable<Uint8Array>): string {
  const sum = new Uint8Array(digestBytes)
  for (const digest of digests) addTo(sum, digest)
  return toHex(sum)
}

function addTo(sum: Uint8Array, digest: Uint8Array): void {
  for (let index = 0; index < digestBytes; index += 1) sum[index] = (sum[index] ?? 0) ^ (digest[index] ?? 0)
}

export class RangeTree {
  readonly #levels: readonly (readonly RangeDigest[])[]

  constructor(levels: readonly (readonly RangeDigest[])[]) {
    this.#levels = levels
  }

  get root(): string {
    return this.#levels[0]?.at(-1)?.digest ?? ''
  }

  /** The ranges of a level that end within `range`. */
  ranges(level: number, { after, until }: KeyRange): readonly RangeDigest[] {
    const all = this.#levels[level] ?? []
    return all.filter((node) => (after === null || isBefore(after, node.until)) && !isBefore(until, node.until))
  }
}

/** What of `range` has other rows here than there, as the least ranges whose borders both sides have. */
export function differing(
  mine: readonly RangeDigest[],
  theirs: readonly RangeDigest[],
  range: KeyRange,
): readonly KeyRange[] {
  const found: KeyRange[] = []
  let after = range.after
  let isUnequal = false
  let [left, right] = [0, 0]
  for (;;) {
    const [here, there] = [mine[left], theirs[right]]
    if (here === undefined || there === undefined) {
      if (isUnequal || here !== undefined || there !== undefined) found.push({ after, until: range.until })
      return found
    }
    if (here.until === there.until) {
      if (isUnequal || here.digest !== there.digest) found.push({ after, until: here.until })
      after = here.until
      isUnequal = false
      left += 1
      right += 1
      continue
    }
    isUnequal = true
    if (isBefore(here.until, there.until)) left += 1
    else right += 1
  }
}

/** Whether one end of a range comes before another; null is the end of all. */
export function isBefore(left: string | null, right: string | null): boolean {
  return left !== null && (right === null || left < right)
}

/** FNV-1a with a final mix: only where ranges end hangs on it. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function trailingZeros(hash: number): number {
  return hash === 0 ? 31 : 31 - Math.clz32(hash & -hash)
}
