// Under which name automerge-repo knows a document: the same on every device, and another one once the document's history begins
// anew, for what was before cannot be merged with what is then. Pure.

import { decodeChange, encodeChange } from '@automerge/automerge/slim'
import {
  type AutomergeUrl,
  type BinaryDocumentId,
  type DocumentId,
  parseAutomergeUrl,
  stringifyAutomergeUrl,
} from '@automerge/automerge-repo/slim'
import type { DocumentHandle } from '@causeway/schema/documents/automerge'

export interface Identity {
  readonly url: AutomergeUrl
  readonly documentId: DocumentId
}

/** automerge-repo names documents by sixteen bytes. */
const identityBytes = 16

/** `handle` holds at least the document's first change. */
export function identityOf(kind: string, id: string, { backend }: DocumentHandle): Identity {
  const [first] = backend.getChanges([])
  if (first === undefined) throw new RangeError(`${kind} ${id} has no first change`)
  // Automerge names changes by their SHA-256, which browsers give nobody without waiting.
  const message = `causeway ${kind} ${id} ${decodeChange(first).hash}`
  const named = { actor: '00'.repeat(16), author: null, seq: 1, startOp: 1, time: 0, message, deps: [], ops: [] }
  const { hash } = decodeChange(encodeChange(named))
  const bytes = Uint8Array.from({ length: identityBytes }, (_, index) =>
    Number.parseInt(hash.slice(index * 2, index * 2 + 2), 16),
  )
  const url = stringifyAutomergeUrl({ documentId: bytes as BinaryDocumentId })
  return { url, documentId: parseAutomergeUrl(url).documentId }
}
