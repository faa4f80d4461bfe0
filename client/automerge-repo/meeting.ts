// Where the Repos of one client meet, and the peer that stands for the regions. Messages between them stay in this process: what
// goes over a wire is the client's own GraphQL. Knows no document.

import type { Message, PeerId, PeerMetadata } from '@automerge/automerge-repo/slim'

/** One who may be met. */
export interface Guest {
  readonly peerId: PeerId
  readonly metadata: PeerMetadata
  met(peerId: PeerId, metadata: PeerMetadata): void
  missed(peerId: PeerId): void
  hear(message: Message): void
}

/** Repos on one client; more cannot connect. */
export const maximumGuests = 64

export class Meeting {
  readonly #guests = new Map<PeerId, Guest>()

  /** Throws RangeError where there is no room, or somebody of that name is there. */
  join(guest: Guest): void {
    if (this.#guests.has(guest.peerId)) throw new RangeError(`a peer ${guest.peerId} is here already`)
    if (this.#guests.size >= maximumGuests) throw new RangeError(`${maximumGuests} peers meet here already`)
    const others = [...this.#guests.values()]
    this.#guests.set(guest.peerId, guest)
    // Later, as over a wire: whoever connects may listen first.
    queueMicrotask(() => {
      for (const other of others) {
        if (!this.has(other) || !this.has(guest)) continue
        other.met(guest.peerId, guest.metadata)
        guest.met(other.peerId, other.metadata)
      }
    })
  }

  leave(guest: Guest): void {
    if (this.#guests.get(guest.peerId) !== guest) return
    this.#guests.delete(guest.peerId)
    for (const other of this.#guests.values()) {
      other.missed(guest.peerId)
      guest.missed(other.peerId)
    }
  }

  has(guest: Guest): boolean {
    return this.#guests.get(guest.peerId) === guest
  }

  /** Dropped where nobody of that name is there by then. */
  say(message: Message): void {
    queueMicrotask(() => this.#guests.get(message.targetId)?.hear(message))
  }
}
