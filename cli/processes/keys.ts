// A region's signing key: from its file, else from the region's own database, where the first start put it. Outside of
// development the file is a must, for who can read the database could otherwise sign in the region's name.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Store } from '@causeway/db/store'
import { generateSigningKey } from '@causeway/regions/crypto'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Configuration, RegionConfiguration } from '../configuration/schema.ts'
import { codeOf, Failure, messageOf } from '../failure.ts'

const setting = 'signing-key'
const attempts = 50
const retryMs = 100

/** The private key, PEM. Relative file names start from the configuration's folder. */
export async function loadSigningKey(
  region: RegionConfiguration,
  store: Store,
  options: { readonly development: boolean; readonly configurationFile: string },
): Promise<string> {
  if (region.signingKeyFile === undefined) {
    if (options.development) return readOrMake(store)
    throw new Failure(
      `region "${region.id}" has no signingKeyFile in the configuration; make one with: causeway keys ${region.id}`,
    )
  }
  const file = resolve(dirname(options.configurationFile), region.signingKeyFile)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw new Failure(`cannot read the signing key ${file}: ${messageOf(error)}`)
    if (!options.development) {
      throw new Failure(`there is no signing key ${file}; make one with: causeway keys ${region.id} --out ${file}`)
    }
  }
  await mkdir(dirname(file), { recursive: true })
  const { privateKeyPem } = generateSigningKey()
  await writeFile(file, privateKeyPem, { mode: 0o600, flag: 'wx' })
  return privateKeyPem
}

/** One node of the region makes the key; others that start at the same time wait for it. */
async function readOrMake(store: Store): Promise<string> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const known = await store.getSetting(setting)
    if (known !== null) return known
    const lease = await store.lease(setting)
    if (lease === null) {
      await delay(retryMs)
      continue
    }
    try {
      const made = await store.getSetting(setting)
      if (made !== null) return made
      const { privateKeyPem } = generateSigningKey()
      await store.putSetting(setting, privateKeyPem)
      return privateKeyPem
    } finally {
      await lease.release()
    }
  }
  throw new Failure('another node of this region holds the making of its signing key and does not finish')
}

/** Public keys that the configuration pins: of a region that has changed its key, all that still have to verify. */
export function pinnedKeys(configuration: Configuration): ReadonlyMap<RegionId, readonly string[]> {
  const pinned = new Map<RegionId, readonly string[]>()
  for (const { id, publicKeys } of configuration.regions) {
    if (publicKeys !== undefined && publicKeys.length > 0) pinned.set(id, publicKeys)
  }
  return pinned
}
