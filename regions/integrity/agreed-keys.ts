// Whether all members go by the same keys where nothing in the log would show that they do not: the one that emails are hashed
// under, for one address could be claimed in two regions unseen; and those of operators, for what one region applies another would
// refuse. Each tells fingerprints when a link opens, never a secret.

import type { RegionId } from '@causeway/schema/clock/origin'
import type { ClaimHash } from '@causeway/schema/documents/command'
import type { Operators } from '@causeway/schema/fence/order'
import { fingerprintOf } from '../crypto.ts'
import { noOperators } from '../recovery/operators.ts'
import type { PeerHello } from '../replication/peer.ts'

type Told = Pick<PeerHello, 'claimKey' | 'operatorKeys'>

const details: Readonly<Record<keyof Told, string>> = {
  claimKey:
    'hashes emails under another key than this region, so one address can be claimed in both, unseen. ' +
    'Give every region the same cluster.claimKey (where it is left out, the same cluster.secret) and start them again; ' +
    'who gave an email meanwhile under the wrong key has to give it again',
  operatorKeys:
    'knows other keys of operators than this region, so what retires a region there may be refused here, and its log then stands still here. ' +
    'Give every region the same cluster.name, cluster.operatorKeys and cluster.retiresWithoutOrder and start them again; retire no region before',
}
const names = ['claimKey', 'operatorKeys'] as const

export class AgreedKeys {
  /** Of this region's own; null where it has none. */
  readonly own: Told
  readonly #differing = { claimKey: new Set<RegionId>(), operatorKeys: new Set<RegionId>() }

  constructor(claimHash: ClaimHash | undefined, operators: Operators | null) {
    const claimKey = claimHash === undefined ? null : fingerprintOf(claimHash)
    this.own = { claimKey, operatorKeys: operators?.fingerprint ?? noOperators }
  }

  /** The last word of each peer counts: one that was put right says so when it is back. What it does not tell is not judged. */
  heard(hello: Told & Pick<PeerHello, 'region'>): void {
    for (const name of names) {
      const [own, theirs] = [this.own[name], hello[name]]
      if (theirs === own || theirs === null || own === null) this.#differing[name].delete(hello.region)
      else this.#differing[name].add(hello.region)
    }
  }

  /** What an operator is told of, as long as it is so. */
  flaws(): readonly { readonly subject: string; readonly detail: string }[] {
    return names.flatMap((name) =>
      [...this.#differing[name]].sort().map((region) => {
        return { subject: `${name}/${region}`, detail: `${region} ${details[name]}` }
      }),
    )
  }
}
