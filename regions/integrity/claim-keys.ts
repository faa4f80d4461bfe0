// Whether all members hash what is claimed (emails) under one key. Where they do not, one address can be claimed in two
// regions unseen, and nothing in the log shows it: so each tells a fingerprint of its key when a link opens, never the key.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { ClaimHash } from '@causeway/schema/documents/command'
import { fingerprintOf } from '../crypto.ts'
import type { PeerHello } from '../replication/peer.ts'

export class ClaimKeys {
  /** Of this region's own; null where it has none. */
  readonly own: string | null
  readonly #differing = new Set<RegionId>()

  constructor(claimHash: ClaimHash | undefined) {
    this.own = claimHash === undefined ? null : fingerprintOf(claimHash)
  }

  /** The last word of each peer counts: one that was put right says so when it is back. */
  heard({ region, claimKey }: Pick<PeerHello, 'region' | 'claimKey'>): void {
    if (claimKey === this.own || claimKey === null || this.own === null) this.#differing.delete(region)
    else this.#differing.add(region)
  }

  /** What an operator is told of, as long as it is so. */
  flaws(): readonly { readonly subject: string; readonly detail: string }[] {
    return [...this.#differing].sort().map((region) => ({
      subject: `claimKey/${region}`,
      detail:
        `${region} hashes emails under another key than this region, so one address can be claimed in both, unseen. ` +
        'Give every region the same cluster.claimKey (where it is left out, the same cluster.secret) and start them again; ' +
        'who gave an email meanwhile under the wrong key has to give it again',
    }))
  }
}
