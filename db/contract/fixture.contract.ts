// What the contract's tests are told with: small builders of commits, documents and rows, and a database that several
// stores can open. Knows no implementation.

import { createHash } from 'node:crypto'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { KnownOutcome } from '@causeway/schema/documents/command'
import type { DocumentIndex } from '@causeway/schema/documents/document'
import { emptyCells, mainLocation, type StockCells } from '@causeway/schema/stock/row'
import type {
  DocumentWrite,
  Head,
  HeadTransaction,
  LoadRequest,
  StockWrite,
  Store,
  StoredCommit,
  WriteSet,
} from '../store.ts'
import { emptyRequest } from '../write-set.ts'

/** One region's database, of which a test opens as many stores as the region has nodes. */
export interface ContractDatabase {
  store(): Promise<Store>
  drop(): Promise<void>
}

export const region = 'eu-west-1'
export const peer = 'us-east-1'

export const emptyIndex: DocumentIndex = {
  sortKey: '',
  owner: null,
  status: null,
  tags: [],
  aliases: [],
  searchText: [],
}

export function sha256(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}

export function hashOf(text: string): string {
  return Buffer.from(sha256(text)).toString('hex')
}

export interface CommitDraft {
  readonly origin?: string
  readonly events?: number
  readonly touched?: readonly string[]
  readonly wallMs?: number
  readonly bytes?: Uint8Array
}

/** The commits of the drafts after `head`, and the head after them. */
export function follow(head: Head, drafts: readonly CommitDraft[]): Pick<WriteSet, 'head' | 'commits'> {
  let after = head
  const commits: StoredCommit[] = []
  for (const draft of drafts) {
    const origin = draft.origin ?? after.origin
    const firstSequence = sequenceOf(after.frontier, origin) + 1
    const lastSequence = firstSequence + (draft.events ?? 1) - 1
    const time = { wallMs: draft.wallMs ?? after.time.wallMs + 1, counter: after.position % 7 }
    const hash = sha256(`${origin}:${lastSequence}`)
    const previousHash = after.chainHashes[origin] ?? new Uint8Array(32)
    const bytes = draft.bytes ?? new TextEncoder().encode(`body of ${origin}:${firstSequence}..${lastSequence}`)
    const sealed = { origin, firstSequence, lastSequence, clock: after.frontier, time, hash, previousHash, bytes }
    const frontier = { ...after.frontier, [origin]: lastSequence }
    after = {
      ...after,
      position: after.position + 1,
      frontier,
      time,
      chainHashes: { ...after.chainHashes, [origin]: hash },
      memberClocks: { ...after.memberClocks, [origin]: sealed.clock },
      significant: frontier,
      ...(origin === head.origin ? { sequence: lastSequence, hash } : {}),
    }
    commits.push({ position: after.position, commit: sealed, touched: draft.touched ?? [] })
  }
  return { head: after, commits }
}

export const emptyWrite: Omit<WriteSet, 'head' | 'commits'> = {
  documents: [],
  conflicts: [],
  stock: [],
  outcomes: [],
  newObligations: [],
  settledObligations: [],
}

/** One own commit that carries `parts`. */
export function writeOf(head: Head, parts: Partial<WriteSet> = {}): WriteSet {
  return {
    ...follow(head, [{ touched: (parts.documents ?? []).map(({ kind, id }) => `${kind}/${id}`) }]),
    ...emptyWrite,
    ...parts,
  }
}

/** Commits `parts` in a transaction of its own. */
export function commit(store: Store, parts: Partial<WriteSet> = {}): Promise<Head> {
  return store.transact(async (transaction: HeadTransaction) => {
    const set = writeOf(transaction.head, parts)
    await transaction.write(set)
    return set.head
  })
}

export function request(parts: Partial<LoadRequest>): LoadRequest {
  return { ...emptyRequest, ...parts }
}

export interface DocumentDraft extends Partial<DocumentIndex> {
  readonly kind?: string
  readonly version?: number
  readonly value?: string
  readonly snapshot?: Uint8Array
  readonly newChanges?: readonly Uint8Array[]
}

/** Version n of a document, whose head replaces that of version n − 1. */
export function documentOf(id: string, draft: DocumentDraft = {}): DocumentWrite {
  const { kind = 'product', version = 1, value = `value ${version}`, snapshot, newChanges, ...index } = draft
  const time = { wallMs: version, counter: 0 }
  return {
    kind,
    id,
    heads: [hashOf(`${kind}/${id}@${version}`)],
    expectedHeads: version === 1 ? [] : [hashOf(`${kind}/${id}@${version - 1}`)],
    state: { fields: { title: [{ value, time, region }] } },
    index: { ...emptyIndex, ...index },
    newChanges: newChanges ?? [new TextEncoder().encode(`change ${version} of ${id}`)],
    ...(snapshot === undefined ? {} : { snapshot }),
  }
}

export function rowOf(sku: string, cells: Partial<StockCells>, holder: string = region): StockWrite {
  return { sku, location: mainLocation, holder, cells: { ...emptyCells, ...cells } }
}

export function outcomeOf(key: string, parts: Partial<KnownOutcome> = {}): KnownOutcome {
  return {
    key,
    origin: region,
    sequence: 1,
    time: { wallMs: 1_764_000_000_123, counter: 65_535 },
    inputDigest: hashOf(key),
    accepted: true,
    command: 'placeOrder',
    result: { id: key, note: 'ünï\u0000code' },
    resent: false,
    ...parts,
  }
}

/** Resolves when the store next rings. */
export function rings(store: Store): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.onCommit(() => {
      stop()
      resolve()
    })
  })
}
