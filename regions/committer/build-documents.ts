// Turns drafts into Automerge changes, and remote changes into states: the only place of a region that builds
// documents. Kinds whose state follows from facts are never built: their changes are written and carried as bytes.

import type { DocumentBytes, DocumentWrite, StoredDocument } from '@causeway/db/store'
import type { HybridTime } from '@causeway/schema/clock/hybrid-clock'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VersionVector } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto, DocumentChange } from '@causeway/schema/commit/commit'
import {
  applyEdits,
  closeDocument,
  headsOf,
  openDocument,
  readState,
  saveDocument,
} from '@causeway/schema/documents/automerge'
import type { FollowedHeads } from '@causeway/schema/documents/change-bytes'
import type { ConflictPair } from '@causeway/schema/documents/conflicts/conflict'
import { ConflictDetector } from '@causeway/schema/documents/conflicts/detector'
import { type DocumentIndex, emptyState } from '@causeway/schema/documents/document'
import { encodeFacts } from '@causeway/schema/documents/facts'
import type { Fold } from '@causeway/schema/documents/folding/mark'
import { type Entry, replay } from '@causeway/schema/documents/folding/replay'
import type { JsonObject } from '@causeway/schema/json'
import type { EditedDocument } from './drafts.ts'
import { documentKey } from './node-cache.ts'
import { requireKind } from './workspace.ts'

/** A document whose changes outnumber this is stored as one snapshot again. */
const maximumLooseChanges = 64

const noIndex = { sortKey: '', owner: null, status: null, tags: [], aliases: [], searchText: [] }

export interface BuildSetting {
  readonly time: HybridTime
  readonly region: RegionId
  /** Hex; fresh for every start of a process, since reuse after lost state would wedge the document. */
  readonly actor: string
  /** Hex; fresh at every call: it writes one change and no other. */
  readonly freshActor: () => string
  readonly sha256: CommitCrypto['sha256']
}

interface Written {
  readonly bytes: Uint8Array
  readonly heads: readonly string[]
  /** The change as the commit has it where the commit's events tell the rest. */
  readonly short?: Uint8Array
  /** Holds everything, this change included, where it was time to make one. */
  readonly snapshot?: Uint8Array
}

/**
 * One change per edited document (W5), and the rows that store it. `after` holds the states the edits led to, `told` the
 * facts that the commit's events tell, by `kind/id`.
 */
export function buildEdited(
  setting: BuildSetting,
  edited: ReadonlyMap<string, EditedDocument>,
  after: readonly StoredDocument[],
  bytes: readonly DocumentBytes[],
  told: ReadonlyMap<string, readonly JsonObject[]>,
): { readonly changes: readonly DocumentChange[]; readonly writes: readonly DocumentWrite[] } {
  const bytesOf = new Map(bytes.map((entry) => [documentKey(entry), entry]))
  const changes: DocumentChange[] = []
  const writes: DocumentWrite[] = []
  for (const document of after) {
    const key = documentKey(document)
    const entry = edited.get(key)
    if (!entry) continue
    const isFacts = requireKind(document.kind).factsOnly
    const written = isFacts
      ? writeFacts(setting, entry, document, told.get(key) ?? [])
      : writeEdits(setting, entry, document, bytesOf.get(key))
    if (!written) continue
    const { heads, snapshot } = written
    const bytes = written.short ?? written.bytes
    changes.push({ kind: document.kind, id: document.id, placement: entry.placement, bytes })
    const expectedHeads = entry.before?.heads ?? []
    const stored = snapshot ? { newChanges: [], snapshot } : { newChanges: [written.bytes] }
    writes.push({ ...document, heads, expectedHeads, ...stored })
  }
  return { changes, writes }
}

function writeFacts(
  setting: BuildSetting,
  entry: EditedDocument,
  document: StoredDocument,
  told: readonly JsonObject[],
): Written {
  const facts = entry.edits.flatMap((edit) => ('value' in edit ? [edit.value as JsonObject] : []))
  const before = entry.before ?? { heads: [], state: emptyState }
  const kind = requireKind(document.kind)
  const { time, region, sha256 } = setting
  const { short, ...written } = encodeFacts(kind, before, facts, time, region, setting.freshActor(), sha256)
  const isTold = told.length === facts.length && told.every((fact, index) => fact === facts[index])
  return isTold ? { ...written, short } : written
}

function writeEdits(
  setting: BuildSetting,
  entry: EditedDocument,
  document: StoredDocument,
  stored: DocumentBytes | undefined,
): Written | null {
  const handle = openDocument(requireKind(document.kind), stored ?? null, setting.actor)
  try {
    const change = applyEdits(handle, entry.edits, setting.time, setting.region)
    if (!change || (stored?.changes.length ?? 0) < maximumLooseChanges) return change
    return { ...change, snapshot: saveDocument(handle) }
  } finally {
    closeDocument(handle)
  }
}

/** A document's remote changes of one apply, in order, and its state where events alone gave it. */
export interface RemoteChanges {
  readonly kind: string
  readonly id: string
  readonly before: StoredDocument | null
  readonly changes: readonly Uint8Array[]
  /** The changes and folds, in the order in which they are applied. */
  readonly entries: readonly Entry[]
  /** For kinds whose state follows from facts. */
  readonly stateFromFacts: StoredDocument['state'] | null
}

/** What the store indexes of a state; nothing while the document is not yet what its kind needs. */
export function indexOf(
  kind: ReturnType<typeof requireKind>,
  id: string,
  state: StoredDocument['state'],
): DocumentIndex {
  const view = kind.view(id, state)
  return view === undefined ? noIndex : kind.index(view)
}

export interface BuiltRemote {
  readonly write: DocumentWrite
  readonly conflicts: readonly ConflictPair[]
}

/** `followed`: where the state follows from facts, the heads after them. */
export function buildRemote(
  remote: RemoteChanges,
  followed: FollowedHeads | undefined,
  stored: DocumentBytes | undefined,
  actor: string,
  sha256: CommitCrypto['sha256'],
): BuiltRemote {
  const { kind: name, id, before, changes, stateFromFacts } = remote
  const expectedHeads = before?.heads ?? []
  const kind = requireKind(name)
  const detector = new ConflictDetector(kind, id, sha256)
  if (stateFromFacts && followed) {
    const index = indexOf(kind, id, stateFromFacts)
    const conflicts = followed.isForked ? conflictsOfFacts(detector, remote, stored, actor) : []
    const { heads } = followed
    return {
      write: { kind: name, id, expectedHeads, heads, state: stateFromFacts, index, newChanges: changes },
      conflicts,
    }
  }
  const replayed = replay(kind, stored ?? null, remote.entries, actor, sha256, detector)
  const { handle, newChanges, marks, superseded, hasMoved } = replayed
  try {
    const state = readState(handle)
    const write = { kind: name, id, expectedHeads, heads: headsOf(handle), state, index: indexOf(kind, id, state) }
    const fold = hasMoved ? { fold: { marks, superseded } } : {}
    const conflicts = detector.pairs()
    if (newChanges !== null && (stored?.changes.length ?? 0) < maximumLooseChanges)
      return { write: { ...write, ...fold, newChanges }, conflicts }
    return { write: { ...write, ...fold, newChanges: [], snapshot: saveDocument(handle) }, conflicts }
  } finally {
    closeDocument(handle)
  }
}

/** The one case in which a document of facts is built: to see which of its changes had not seen which. */
function conflictsOfFacts(
  detector: ConflictDetector,
  { kind, changes }: RemoteChanges,
  stored: DocumentBytes | undefined,
  actor: string,
): readonly ConflictPair[] {
  const handle = openDocument(requireKind(kind), stored ?? null, actor)
  try {
    detector.opened(handle)
    for (const change of changes) detector.take(change)
    return detector.pairs()
  } finally {
    closeDocument(handle)
  }
}

/** The document as it is after a fold of this origin's own: the same values, under new heads. */
export function buildFold(
  before: StoredDocument,
  stored: DocumentBytes,
  fold: Fold,
  clock: VersionVector,
  actor: string,
  sha256: CommitCrypto['sha256'],
): DocumentWrite {
  const kind = requireKind(before.kind)
  const { handle, marks, superseded } = replay(kind, stored, [{ type: 'fold', fold, clock }], actor, sha256)
  try {
    const [heads, snapshot] = [headsOf(handle), saveDocument(handle)]
    return { ...before, heads, expectedHeads: before.heads, newChanges: [], snapshot, fold: { marks, superseded } }
  } finally {
    closeDocument(handle)
  }
}
