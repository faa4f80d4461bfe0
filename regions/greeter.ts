// What a region and its peers say to each other when a link opens: who they are, their keys, what they hold of each
// other. From it a region learns whether it may go on under its origin (W8).

import type { Head, Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import { sequenceOf } from '@causeway/schema/clock/version-vector'
import { confirmIncarnation, newestOrigin } from './incarnation.ts'
import type { Keyring } from './keyring.ts'
import { type Ports, sleep } from './ports.ts'
import { type PeerHello, protocolVersion, type Transport } from './replication/peer.ts'

export interface GreeterSetting {
  readonly region: RegionId
  readonly peers: readonly RegionId[]
  readonly store: Store
  readonly keyring: Keyring
  /** This region's own, base64 SPKI. */
  readonly publicKey: string
  readonly transport: Transport
  readonly ports: Ports
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
    await confirmIncarnation(store, await this.#testimonies(), ports.logger)
    return this.#signed()
  }

  async hello(peer: RegionId): Promise<PeerHello> {
    const { store, region, keyring } = this.#setting
    const head = await store.head()
    const origin = newestOrigin(peer, head.frontier)
    const hash = origin === null ? undefined : head.chainHashes[origin]
    const sequence = origin === null ? 0 : sequenceOf(head.frontier, origin)
    const { frontier } = head
    const holdsOfYou = hash ? { sequence, hash: Buffer.from(hash).toString('hex') } : null
    return { region, origin: head.origin, protocolVersion, publicKeys: keyring.all(), frontier, holdsOfYou }
  }

  /** The head of the new incarnation where the peer's words ask for one; else null. Runs in the node's lane. */
  async heard(hello: PeerHello): Promise<Head | null> {
    const { store, keyring, ports } = this.#setting
    await keyring.learn(hello.publicKeys)
    return (await confirmIncarnation(store, [hello], ports.logger)) ? this.#signed() : null
  }

  async #signed(): Promise<Head> {
    const head = await this.#setting.store.head()
    await this.#setting.keyring.learn({ [head.origin]: this.#setting.publicKey })
    return head
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
