// The peer that stands for the regions: gives each Repo what they have confirmed of the documents that are shared, by Automerge's own
// sync protocol. What a Repo changes by itself reaches nobody through here: regions take changes from devices as units alone, and
// the app is told.

import * as Automerge from '@automerge/automerge/slim'
import type { DocumentId, Message, PeerId } from '@automerge/automerge-repo/slim'
import type { Guest, Meeting } from './meeting.ts'

/** What a peer has been given of a document, and what it has added by itself, which must stay its own. */
interface Copy {
  document: Automerge.Doc<unknown>
  state: Automerge.SyncState
}

interface Shared {
  /** The whole document as it is confirmed. */
  bytes: Uint8Array
  readonly copies: Map<PeerId, Copy>
}

export interface RegionsPeerOptions {
  readonly meeting: Meeting
  readonly peerId: PeerId
  /** A Repo has changed a shared document by itself. */
  readonly onStray: (documentId: DocumentId) => void
}

export class RegionsPeer implements Guest {
  readonly peerId: PeerId
  readonly metadata = { isEphemeral: true }
  readonly #options: RegionsPeerOptions
  readonly #shared = new Map<DocumentId, Shared>()

  constructor(options: RegionsPeerOptions) {
    this.#options = options
    this.peerId = options.peerId
  }

  /** A document that is shared from now on, or what it is by now. */
  put(documentId: DocumentId, bytes: Uint8Array): void {
    const shared = this.#shared.get(documentId)
    if (shared === undefined) {
      this.#shared.set(documentId, { bytes, copies: new Map() })
      // Nobody is met before there is something to give.
      if (!this.#options.meeting.has(this)) this.#options.meeting.join(this)
      return
    }
    shared.bytes = bytes
    for (const [peer, copy] of shared.copies) {
      copy.document = Automerge.loadIncremental(copy.document, bytes)
      this.#sync(documentId, peer, copy)
    }
  }

  end(documentId: DocumentId): void {
    for (const { document } of this.#shared.get(documentId)?.copies.values() ?? []) Automerge.free(document)
    this.#shared.delete(documentId)
  }

  close(): void {
    for (const documentId of [...this.#shared.keys()]) this.end(documentId)
    this.#options.meeting.leave(this)
  }

  met(): void {
    // Whoever wants something asks for it.
  }

  missed(peer: PeerId): void {
    for (const { copies } of this.#shared.values()) {
      const copy = copies.get(peer)
      if (copy !== undefined) Automerge.free(copy.document)
      copies.delete(peer)
    }
  }

  hear({ type, senderId, documentId, data }: Message): void {
    if (documentId === undefined || data === undefined || (type !== 'sync' && type !== 'request')) return
    const shared = this.#shared.get(documentId)
    if (shared === undefined) {
      if (type === 'request') this.#say({ type: 'doc-unavailable', targetId: senderId, documentId })
      return
    }
    const copy = this.#copyOf(shared, senderId)
    const before = Automerge.getHeads(copy.document).join()
    const [document, state] = Automerge.receiveSyncMessage(copy.document, copy.state, data)
    copy.document = document
    copy.state = state
    if (Automerge.getHeads(document).join() !== before) this.#options.onStray(documentId)
    this.#sync(documentId, senderId, copy)
  }

  #copyOf({ copies, bytes }: Shared, peer: PeerId): Copy {
    const known = copies.get(peer)
    if (known !== undefined) return known
    const copy = { document: Automerge.load<unknown>(bytes), state: Automerge.initSyncState() }
    copies.set(peer, copy)
    return copy
  }

  #sync(documentId: DocumentId, targetId: PeerId, copy: Copy): void {
    const [state, data] = Automerge.generateSyncMessage(copy.document, copy.state)
    copy.state = state
    if (data !== null) this.#say({ type: 'sync', targetId, documentId, data })
  }

  #say(message: Omit<Message, 'senderId'>): void {
    this.#options.meeting.say({ ...message, senderId: this.peerId })
  }
}
