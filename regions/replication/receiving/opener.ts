// Opens the bytes that a link brings, and blames the link for what is no commit or not signed as it should be (C6). Knows neither
// what comes next nor what is applied.

import type { RegionId } from '@causeway/schema/clock/origin'
import { CodecError } from '@causeway/schema/commit/bytes'
import { openCommit, verifyCommit } from '@causeway/schema/commit/codec'
import type { CommitCrypto, SealedCommit } from '@causeway/schema/commit/commit'
import type { Logger } from '../../ports.ts'
import { LinkFault } from '../link-fault.ts'

/** Links and layouts of which it has been said that they are not known. */
const maximumUnknown = 100

export class Opener {
  readonly #crypto: CommitCrypto
  readonly #logger: Logger
  /** Layouts of which the log has told, by link. */
  readonly #unknown = new Set<string>()

  constructor(crypto: CommitCrypto, logger: Logger) {
    this.#crypto = crypto
    this.#logger = logger
  }

  /** Null for what is laid out in a way that this node does not know: who wrote it, and whether it is true, cannot be told. Throws LinkFault. */
  open(peer: RegionId, bytes: Uint8Array): SealedCommit | null {
    try {
      return openCommit(bytes, this.#crypto)
    } catch (error) {
      if (error instanceof CodecError && error.code === 'UNKNOWN_VERSION') {
        this.#sayUnknown(peer, error.message)
        return null
      }
      throw new LinkFault(peer, `sent bytes that are no commit: ${String(error)}`)
    }
  }

  /** Throws LinkFault. */
  verify(peer: RegionId, commit: SealedCommit): void {
    const verdict = verifyCommit(commit, this.#crypto)
    if (!verdict.ok) throw new LinkFault(peer, `brought what was not signed so: ${verdict.reason}`)
  }

  /** Once for each link and layout; what else its link brings goes on. */
  #sayUnknown(peer: RegionId, reason: string): void {
    const word = `${peer}: ${reason}`
    if (this.#unknown.has(word) || this.#unknown.size >= maximumUnknown) return
    this.#unknown.add(word)
    this.#logger.error({ peer, reason }, `${peer} sends a ${reason}: such commits wait until this region is upgraded`)
  }
}
