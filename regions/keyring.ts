// The public keys of regions: those that the configuration pins, else those that peers have told, kept in the settings so
// that a relayed commit verifies after a restart too. A region may have several, for keys are changed and what the old one
// has signed stays. Where the configuration pins a region's keys, they are all that counts; elsewhere what was told first
// stands, for a key that could be replaced by telling another one would protect nothing (C6).

import type { Store } from '@causeway/db/store'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Logger } from './ports.ts'

const setting = 'region-keys'

/** Of one region; a longer list is no list of keys. */
export const maximumKeys = 16

export type RegionKeys = Readonly<Record<RegionId, readonly string[]>>

export class Keyring {
  readonly #store: Store
  readonly #logger: Logger
  readonly #pinned: RegionKeys
  readonly #told: Map<RegionId, readonly string[]>
  readonly #learned: (region: RegionId, key: string) => void

  private constructor(
    store: Store,
    logger: Logger,
    pinned: RegionKeys,
    told: RegionKeys,
    learned: (region: RegionId, key: string) => void,
  ) {
    this.#store = store
    this.#logger = logger
    this.#pinned = pinned
    this.#told = new Map(Object.entries(told))
    this.#learned = learned
    for (const [region, keys] of Object.entries(this.all())) for (const key of keys) learned(region, key)
  }

  /** `learned` is told of every key, those already known first. Keys are base64 SPKI. */
  static async open(
    store: Store,
    logger: Logger,
    pinned: RegionKeys,
    learned: (region: RegionId, key: string) => void,
  ): Promise<Keyring> {
    const told = JSON.parse((await store.getSetting(setting)) ?? '{}') as RegionKeys
    return new Keyring(store, logger, pinned, told, learned)
  }

  all(): RegionKeys {
    return { ...Object.fromEntries(this.#told), ...this.#pinned }
  }

  async learn(told: RegionKeys): Promise<void> {
    let isNew = false
    for (const [region, keys] of Object.entries(told)) {
      const known = this.#pinned[region] ?? this.#told.get(region)
      if (known === undefined) {
        this.#told.set(region, keys)
        for (const key of keys) this.#learned(region, key)
        isNew = true
      } else if (keys.some((key) => !known.includes(key))) {
        this.#logger.error(
          { region, pinned: region in this.#pinned },
          `a peer names a public key of ${region} that is not known here; it is not taken on its word: add it to publicKeys of ${region} in the configuration`,
        )
      }
    }
    if (isNew) await this.#store.putSetting(setting, JSON.stringify(Object.fromEntries(this.#told)))
  }
}
