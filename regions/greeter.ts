// What a region and its peers say to each other when a link opens: who they are, their keys, what they hold of each
// other. From it a region learns whether it may go on under its origin (W8).

import type { Head, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import type { CommitCrypto } from '@causeway/schema/commit/commit'
import { confirmIncarnation, newestOrigin, type Testimony } from './incarnation.ts'
import type { AgreedKeys } from './integrity/agreed-keys.ts'
import type { ChainIndex } from './integrity/chain-index.ts'
import { proveHeld, provenOrigin } from './integrity/log-end.ts'
import type { Keyring } from './keyring.ts'
import { type Ports, sleep } from './ports.ts'
import type { HeldPosition, PeerHello, Transport } from './replication/peer.ts'
import { protocolVersions } from './replication/versions.ts'

export interface GreeterSetting {
  readonly region: RegionId
  readonly peers: readonly RegionId[]
  readonly store: Store
  readonly keyring: Keyring
  /** This region's own, base64 SPKI. */
  readonly publicKey: string
  readonly chain: Pick<ChainIndex, 'read'>
  readonly crypto: Pick<CommitCrypto, 'sha256' | 'verify'>
  readonly transport: Transport
  readonly ports: Ports
  readonly agreedKeys: AgreedKeys
}

/** How long a start waits for members to say what they hold of us. A member that is away is asked when it is back. */
const testimonyMs = 1_500

export class Greeter {
  readonly #setting: GreeterSetting

  constructor(setting: GreeterSetting) {
    this.#setting = setting
  }

  /** Before anything is written: the head under the origin that this region may write as. */
  async begin(): Promise<Head> {
    const { store, ports } = this.#setting
    await confirmIncarnation(
      store,
      (await this.#testimonies()).map((hello) => this.#weigh(hello)),
      ports.logger,
      'start',
    )
    return this.#signed()
  }

  async hello(peer: RegionId): Promise<PeerHello> {
    const { store, region, keyring, agreedKeys } = this.#setting
    const head = await store.head()
    const { origin, frontier } = head
    const holdsOfYou = await this.#holdsOf(peer, head)
    return {
      region,
      origin,
      versions: protocolVersions,
      publicKeys: keyring.all(),
      frontier,
      holdsOfYou,
      ...agreedKeys.own,
    }
  }

  async #holdsOf(peer: RegionId, { frontier, chainHashes }: Head): Promise<HeldPosition | null> {
    const origin = newestOrigin(peer, frontier)
    const hash = origin === null ? undefined : chainHashes[origin]
    if (origin === null || hash === undefined) return null
    const sequence = sequenceOf(frontier, origin)
    const commit = await this.#setting.chain.read(origin, sequence, frontier)
    return { sequence, hash: Buffer.from(hash).toString('hex'), proof: commit === null ? '' : proveHeld(commit) }
  }

  #weigh(hello: PeerHello): Testimony {
    const { region, crypto } = this.#setting
    const { holdsOfYou, frontier } = hello
    const proven = holdsOfYou === null ? null : provenOrigin(region, holdsOfYou, crypto)
    return {
      region: hello.region,
      holdsOfYou,
      frontier,
      isProven: proven !== null && proven === newestOrigin(region, frontier),
    }
  }

  /** The head of the new incarnation where the peer's words ask for one; else null. Runs in the node's lane. */
  async heard(hello: PeerHello): Promise<Head | null> {
    const { store, keyring, ports, agreedKeys } = this.#setting
    agreedKeys.heard(hello)
    await keyring.learn(hello.publicKeys)
    return (await confirmIncarnation(store, [this.#weigh(hello)], ports.logger, 'later')) ? this.#signed() : null
  }

  async #signed(): Promise<Head> {
    const { store, keyring, region, publicKey } = this.#setting
    await keyring.learn({ [region]: [publicKey] })
    return await store.head()
  }

  async #testimonies(): Promise<readonly PeerHello[]> {
    const { ports, transport, peers } = this.#setting
    const asked = peers.map(async (peer): Promise<PeerHello | null> => {
      try {
        const connection = await transport.connect(peer, await this.hello(peer))
        connection.close()
        return connection.hello
      } catch {
        return null
      }
    })
    const late = sleep(ports.timers, testimonyMs).then(() => null)
    const heard = await Promise.all(asked.map((hello) => Promise.race([hello, late])))
    return heard.filter((hello) => hello !== null)
  }
}
