// automerge-repo's network adapter: takes one Repo to where it meets the regions and the other Repos of its client. Knows no document.

import { type Message, NetworkAdapter, type PeerId, type PeerMetadata } from '@automerge/automerge-repo/slim'
import type { Guest, Meeting } from './meeting.ts'

export class CausewayNetworkAdapter extends NetworkAdapter {
  readonly #meeting: Meeting
  #guest: Guest | null = null
  #ready: () => void = () => {}
  readonly #whenReady = new Promise<void>((resolve) => {
    this.#ready = resolve
  })

  constructor(meeting: Meeting) {
    super()
    this.#meeting = meeting
  }

  isReady(): boolean {
    return this.#guest !== null
  }

  whenReady(): Promise<void> {
    return this.#whenReady
  }

  connect(peerId: PeerId, metadata: PeerMetadata = {}): void {
    this.disconnect()
    this.peerId = peerId
    this.peerMetadata = metadata
    this.#guest = {
      peerId,
      metadata,
      met: (other, peerMetadata) => void this.emit('peer-candidate', { peerId: other, peerMetadata }),
      missed: (other) => void this.emit('peer-disconnected', { peerId: other }),
      hear: (message) => void this.emit('message', message),
    }
    this.#ready()
    this.#meeting.join(this.#guest)
  }

  send(message: Message): void {
    if (this.#guest !== null) this.#meeting.say(message)
  }

  disconnect(): void {
    if (this.#guest === null) return
    this.#meeting.leave(this.#guest)
    this.#guest = null
  }
}
