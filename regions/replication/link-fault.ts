// The ways in which a link, and not the network, is at fault. Every other error of a link is the weather.

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

/** The code under which it travels. */
export const logDroppedCode = 'LOG_DROPPED'

/** The peer's log no longer reaches back to what this region lacks: another peer's may, or a snapshot helps (C10). */
export class LogDropped extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LogDropped'
  }
}
