// The two ways in which a link, and not the network, is at fault. Every other error of a link is the weather.

import type { RegionId } from '@causeway/schema/clock/origin'

/**
 * What came over the link is not what its origin signed, or cannot be read: the link is blamed, closed, and opened again
 * after a pause, while other links serve the same commits (C6). A sink throws it; any other error of a sink blames nobody.
 */
export class LinkFault extends Error {
  readonly peer: RegionId
  constructor(peer: RegionId, message: string) {
    super(`${peer} ${message}`)
    this.name = 'LinkFault'
    this.peer = peer
  }
}

/** The peer does not want this link, or is not who it should be: another cluster secret, another protocol version. */
export class LinkRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LinkRefused'
  }
}
