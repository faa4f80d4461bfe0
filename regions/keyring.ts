// The public keys of origins: those that the configuration pins, those that peers have told, kept in the settings so
// that a relayed commit verifies after a restart too. A told key never replaces one that is known (C6).

import type { Store } from '@causeway/db/store'
import type { Origin } from '@causeway/schema/clock/origin'
import type { Logger } from './ports.ts'

const setting = 'public-keys'

export class Keyring {
  readonly #store: Store
  readonly #logger: Logger
  readonly #keys: Map<Origin, string>
  readonly #learned: (origin: Origin, key: string) => void

  private constructor(
    store: Store,
    logger: Logger,
    keys: Map<Origin, string>,
    learned: (o: Origin, k: string) => void,
  ) {
    this.#store = store
    this.#logger = logger
    this.#keys = keys
    this.#learned = learned
    for (const [origin, key] of keys) learned(origin, key)
  }

  /** `learned` is told of every key, those already known first. Keys are base64 SPKI. */
  static async open(
    store: Store,
    logger: Logger,
    pinned: Readonly<Record<Origin, string>>,
    learned: (origin: Origin, key: string) => void,
  ): Promise<Keyring> {
    const told = JSON.parse((await store.getSetting(setting)) ?? '{}') as Record<Origin, string>
    return new Keyring(store, logger, new Map(Object.entries({ ...told, ...pinned })), learned)
  }

  all(): Readonly<Record<Origin, string>> {
    return Object.fromEntries(this.#keys)
  }

  async learn(told: Readonly<Record<Origin, string>>): Promise<void> {
    let isNew = false
    for (const [origin, key] of Object.entries(told)) {
      const known = this.#keys.get(origin)
      if (known === key) continue
      if (known !== undefined) {
        this.#logger.error(
          { origin },
          'a peer names another public key for an origin than the one known; kept the known',
        )
        continue
      }
      this.#keys.set(origin, key)
      this.#learned(origin, key)
      isNew = true
    }
    if (isNew) await this.#store.putSetting(setting, JSON.stringify(this.all()))
  }
}
