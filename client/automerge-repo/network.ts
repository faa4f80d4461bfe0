// Lets Repos of automerge-repo follow the carts and contacts of a client (decision 0037): the entry point of
// @causeway/client/automerge-repo. What an app changes, it changes by the client.

import type { AutomergeUrl, DocumentId, PeerId } from '@automerge/automerge-repo/slim'
import { closeDocument, headsOf, openDocument, readDocument, saveDocument } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { contactKind } from '@causeway/schema/documents/contact/kind'
import { holdsHeads } from '@causeway/schema/documents/units/encode'
import type { OwnedKind } from '@causeway/schema/documents/units/unit'
import type { CausewayClient, Scope } from '../client.ts'
import { fromBase64 } from '../replica/bytes.ts'
import type { OwnedContent } from '../replica/owned.ts'
import { showCart } from '../replica/shapes.ts'
import type { CartView, CustomerView } from '../replica/views.ts'
import { CausewayNetworkAdapter } from './adapter.ts'
import { type Identity, identityOf } from './identity.ts'
import { Meeting } from './meeting.ts'
import { RegionsPeer } from './regions-peer.ts'

export interface RepoNetworkOptions {
  /**
   * A Repo has changed a shared document by itself. The change stays in that Repo and in those that it talks to: no region takes
   * it. Whoever lets people edit in a Repo must tell them.
   */
  readonly onStray: (url: AutomergeUrl) => void
}

export interface SharedDocument {
  /** What a Repo finds it by, the same on every device; another one after its history has begun anew (`onMoved`). */
  readonly url: AutomergeUrl
  /** Calls with the new address; a Repo keeps what it had under the old one, and hears nothing of it any more. */
  onMoved(listener: (url: AutomergeUrl) => void): () => void
  /** The client follows it no longer for this. */
  end(): Promise<void>
}

export interface RepoNetwork {
  /** One for each Repo, as one of its `network`. Repos on one client meet each other, too. */
  adapter(): CausewayNetworkAdapter
  /** Follows a cart, or the contact of a customer, and gives it to every Repo that asks. Resolves once it is known here. */
  share(kind: OwnedKind, id: string): Promise<SharedDocument>
  /** Ends everything that is shared. */
  close(): Promise<void>
}

/** Documents shared at a time; the next one is refused with RangeError. */
export const maximumShared = 64
/** How the regions are called among peers. */
export const regionsPeerId = 'causeway-regions' as PeerId

const readingActor = 'fd'.repeat(16)
const shapes = { cart: cartKind, contact: contactKind }

export function automergeRepoNetwork(client: CausewayClient, options: RepoNetworkOptions): RepoNetwork {
  const meeting = new Meeting()
  const shares = new Map<DocumentId, Share>()
  const onStray = (documentId: DocumentId) => {
    const { url } = shares.get(documentId) ?? {}
    if (url !== undefined) options.onStray(url)
  }
  const regions = new RegionsPeer({ meeting, peerId: regionsPeerId, onStray })
  const refresh = () => {
    for (const share of new Set(shares.values())) share.refresh()
  }
  const stop = client.documents.onArrival(refresh)
  return {
    adapter: () => new CausewayNetworkAdapter(meeting),
    async share(kind, id) {
      if (new Set(shares.values()).size >= maximumShared)
        throw new RangeError(`${maximumShared} documents are shared already`)
      const scope = await client.follow(kind === 'cart' ? { carts: [id] } : { customer: id })
      if (client.documents.confirmed(kind, id) === null) await scope.caughtUp
      const share = new Share({ client, kind, id, scope, regions, shares })
      share.refresh()
      return share
    },
    async close() {
      stop()
      for (const share of new Set(shares.values())) await share.end()
      regions.close()
    },
  }
}

interface ShareOptions {
  readonly client: CausewayClient
  readonly kind: OwnedKind
  readonly id: string
  readonly scope: Scope
  readonly regions: RegionsPeer
  /** By the name that Repos know it by. */
  readonly shares: Map<DocumentId, Share>
}

class Share implements SharedDocument {
  readonly #options: ShareOptions
  readonly #listeners = new Set<(url: AutomergeUrl) => void>()
  #content: OwnedContent | null | undefined
  #heads: readonly string[] = []
  #identity: Identity | null = null

  constructor(options: ShareOptions) {
    this.#options = options
  }

  get url(): AutomergeUrl {
    if (this.#identity === null) throw new RangeError('it is not known yet')
    return this.#identity.url
  }

  onMoved(listener: (url: AutomergeUrl) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async end(): Promise<void> {
    const { scope, regions, shares } = this.#options
    if (this.#identity !== null) {
      shares.delete(this.#identity.documentId)
      regions.end(this.#identity.documentId)
    }
    await scope.unfollow()
  }

  /** Gives on what the regions have confirmed since. */
  refresh(): void {
    const { client, kind, id, regions } = this.#options
    const content = client.documents.confirmed(kind, id)
    if (content === this.#content) return
    this.#content = content
    const snapshot = content?.snapshot == null ? null : fromBase64(content.snapshot)
    const changes = (content?.changes ?? []).map(fromBase64)
    const handle = openDocument(shapes[kind], { snapshot, changes }, readingActor)
    try {
      // After a fold it holds nothing of what was before.
      if (this.#identity === null || !holdsHeads(handle, this.#heads)) this.#move(identityOf(kind, id, handle))
      this.#heads = headsOf(handle)
      if (this.#identity !== null) regions.put(this.#identity.documentId, saveDocument(handle))
    } finally {
      closeDocument(handle)
    }
  }

  #move(identity: Identity): void {
    const { regions, shares } = this.#options
    const before = this.#identity
    this.#identity = identity
    shares.set(identity.documentId, this)
    if (before === null || before.documentId === identity.documentId) return
    shares.delete(before.documentId)
    regions.end(before.documentId)
    for (const listener of [...this.#listeners]) listener(identity.url)
  }
}

/** A cart as it stands in a Repo's document; undefined where nobody has begun it. */
export function cartIn(id: string, document: object): CartView | undefined {
  return showCart(id, readDocument(cartKind, document))
}

export type ContactFields = Pick<CustomerView, 'name' | 'email' | 'tags' | 'addresses'>

/** A contact as it stands in a Repo's document; undefined where nobody has begun it. */
export function contactIn(id: string, document: object): ContactFields | undefined {
  const view = contactKind.view(id, readDocument(contactKind, document))
  return view && { name: view.name, email: view.email, tags: view.tags, addresses: view.addresses }
}
