// The commit with its short changes made whole: a change of facts travels without them (fact-change.ts), and everything
// that looks at changes wants them as Automerge has them. Knows no document.

import { regionOf } from '../clock/origin.ts'
import { CodecError } from '../commit/bytes.ts'
import { readCommit } from '../commit/codec.ts'
import type { Commit, DocumentChange, SealedCommit } from '../commit/commit.ts'
import type { JsonObject } from '../json.ts'
import { noteIdentity, type Sha256 } from './change-bytes.ts'
import { encodeFactChange, isShort, readShort } from './fact-change.ts'
import { factKindOf, kindOf } from './registry.ts'

/** What a commit's bytes say, with every change whole. Throws CodecError. */
export type ReadCommit = (sealed: SealedCommit, sha256: Sha256) => Commit

export const readWhole: ReadCommit = (sealed, sha256) => withWholeChanges(readCommit(sealed), sha256)

/**
 * The commit with every change whole. What looks short and is of no document of facts, or is told of by no event, stays
 * as it is, and no reader of changes takes it for one. Throws CodecError where a short one cannot be read. What an event
 * says is the fact as JSON has it, whatever spaces it came with.
 */
export function withWholeChanges(commit: Commit, sha256: Sha256): Commit {
  if (commit.documents.every(({ bytes }) => !isShort(bytes))) return commit
  const facts = factsBySubject(commit)
  const documents = commit.documents.map((change) => {
    if (!isShort(change.bytes)) return change
    return { ...change, bytes: wholeChange(commit, change, facts.get(`${change.kind}/${change.id}`) ?? [], sha256) }
  })
  return { ...commit, documents }
}

function wholeChange(
  { origin, time }: Commit,
  { kind: name, id, bytes }: DocumentChange,
  facts: readonly JsonObject[],
  sha256: Sha256,
): Uint8Array {
  const kind = kindOf(name)
  if (kind === undefined || !kind.factsOnly || facts.length === 0) return bytes
  const change = readShort(kind, bytes)
  try {
    const { bytes: whole, hash } = encodeFactChange(kind, change, facts, time, regionOf(origin), sha256)
    noteIdentity(whole, { hash, deps: change.deps, actor: change.actor })
    return whole
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CodecError('MALFORMED', `the change of ${name} ${id.slice(0, 80)}: ${error.message}`)
  }
}

/** What the events of a commit that go everywhere say, by `kind/id` and in their order. */
export function factsBySubject({ events }: Pick<Commit, 'events'>): ReadonlyMap<string, readonly JsonObject[]> {
  const found = new Map<string, JsonObject[]>()
  for (const event of events) {
    // Only a fact's data is looked at: reading it of every event would parse them all.
    const kind = event.placement === 'everywhere' ? factKindOf(event.type) : undefined
    if (kind === undefined) continue
    const subject = `${kind.name}/${event.entityId}`
    const facts = found.get(subject)
    if (facts) facts.push(event.data)
    else found.set(subject, [event.data])
  }
  return found
}
