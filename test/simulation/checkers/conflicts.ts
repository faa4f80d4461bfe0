// Once all is quiet: the conflict log is what its definition says (C3, M1): every pair of changes of one path of which
// neither writer had seen the other's, judged from the clocks of the commits alone, and of every path the newest of them.

import { hash } from 'node:crypto'
import type { MemoryDatabase } from '@causeway/db/memory/database'
import type { RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { Commit } from '@causeway/schema/commit/commit'
import { genesisActor } from '@causeway/schema/documents/automerge'
import { identifyChange } from '@causeway/schema/documents/change-bytes'
import { type ConflictPair, comparePairs, keepNewest, makePair } from '@causeway/schema/documents/conflicts/conflict'
import { type ChangeContent, readContent } from '@causeway/schema/documents/conflicts/content'
import { foldsOf } from '@causeway/schema/documents/folding/mark'
import { kindOf } from '@causeway/schema/documents/registry'
import type { Written } from './history.ts'
import { Violation } from './violation.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

interface Said {
  readonly commit: Commit
  readonly hash: string
  readonly content: ChangeContent
}

export function checkConflicts(region: RegionId, database: MemoryDatabase, log: readonly Written[]): void {
  const folded = new Set(log.flatMap(({ commit }) => foldsOf(commit).map(({ kind, id }) => `${kind}/${id}`)))
  for (const [document, changes] of changesOf(log)) {
    // The names of maps are other ones after a fold; the tests of folds look at those.
    if (folded.has(document)) continue
    const expected = expectedPairs(document, changes)
    const found = [...database.conflicts.values()].flat().filter((pair) => `${pair.kind}/${pair.document}` === document)
    const [wanted, held] = [expected, found].map((pairs) => JSON.stringify([...pairs].sort(comparePairs)))
    if (wanted !== held)
      throw new Violation('M1', `${region} tells of conflicts of ${document}: ${held}, and there are: ${wanted}`)
  }
}

function changesOf(log: readonly Written[]): ReadonlyMap<string, readonly Said[]> {
  const found = new Map<string, Said[]>()
  for (const { commit } of log)
    for (const { document, said } of saidIn(commit)) {
      const known = found.get(document)
      if (known === undefined) found.set(document, [said])
      else known.push(said)
    }
  return found
}

interface SaidOf {
  readonly document: string
  readonly said: Said
}

/** A commit says the same in whichever log it stands. */
const saidBefore = new WeakMap<Commit, readonly SaidOf[]>()

function saidIn(commit: Commit): readonly SaidOf[] {
  const before = saidBefore.get(commit)
  if (before !== undefined) return before
  const said = commit.documents.flatMap(({ kind: name, id, bytes }): SaidOf[] => {
    const kind = kindOf(name)
    if (kind === undefined) throw new Error(`no kind is called ${name}`)
    const maps = new Map(kind.maps.map((map, index) => [`${index + 1}@${genesisActor}`, map]))
    const content = readContent(kind, maps, bytes)
    if (content === null) return []
    return [{ document: `${name}/${id}`, said: { commit, hash: identifyChange(bytes, sha256).hash, content } }]
  })
  saidBefore.set(commit, said)
  return said
}

function expectedPairs(document: string, changes: readonly Said[]): readonly ConflictPair[] {
  const slash = document.indexOf('/')
  const at = { kind: document.slice(0, slash), document: document.slice(slash + 1) }
  const pairs: ConflictPair[] = []
  for (const [index, one] of changes.entries())
    for (const other of changes.slice(index + 1)) {
      if (knows(one, other) || knows(other, one)) continue
      for (const ours of one.content.touches)
        for (const theirs of other.content.touches) {
          if (ours.path !== theirs.path || ours.mark === theirs.mark) continue
          const [left, right] = [
            { ...one.content, ...ours, change: one.hash },
            { ...other.content, ...theirs, change: other.hash },
          ]
          pairs.push(makePair({ ...at, path: ours.path }, left, right, sha256))
        }
    }
  return keepNewest(pairs)
}

function knows(one: Said, other: Said): boolean {
  const { origin, clock, firstSequence } = one.commit
  const { origin: theirs, lastSequence } = other.commit
  return origin === theirs ? firstSequence > lastSequence : sequenceOf(clock, theirs) >= lastSequence
}
