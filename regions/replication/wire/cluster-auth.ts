// How two regions prove to each other that they share the cluster secret, without sending it: an HMAC over who asks whom,
// when, and a nonce; the answer proves the same back. Signing keys of commits have nothing to do with it.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { Clock, Random } from '../../ports.ts'
import { commonVersion, describeNoCommon, type Versions } from '../versions.ts'

/** What the opening side sends when it connects. */
export interface Credential {
  /** The newest and the oldest that it speaks. */
  readonly protocolVersion: number
  readonly oldestVersion: number
  readonly region: RegionId
  readonly peer: RegionId
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number
  readonly nonce: string
  readonly proof: string
}

/** What the answering side sends back: the version that is spoken from here on, and the proof that it holds the secret. */
export interface Answer {
  readonly protocolVersion: number
  readonly answer: string
}

export type CredentialCheck =
  | { readonly ok: true; readonly credential: Credential; readonly version: number }
  | { readonly ok: false; readonly code: 'VERSION' | 'FORBIDDEN'; readonly reason: string }

/** Clocks of regions may differ by this; a credential is good for as long. */
const toleranceMs = 5 * 60_000
/** At the bound the oldest are forgotten: a replay then needs to be within the tolerance and older than so many links. */
const maximumNonces = 10_000

export interface CredentialSetting {
  readonly secret: string
  readonly region: RegionId
  readonly peer: RegionId
  readonly versions: Versions
  readonly ports: { readonly clock: Clock; readonly random: Random }
}

export function makeCredential({ secret, region, peer, versions, ports }: CredentialSetting): Credential {
  const claim = {
    protocolVersion: versions.newest,
    oldestVersion: versions.oldest,
    region,
    peer,
    timestamp: ports.clock.now(),
    nonce: Buffer.from(ports.random.bytes(16)).toString('hex'),
  }
  return { ...claim, proof: prove(secret, ['asks'], claim) }
}

export function makeAnswer(secret: string, credential: Credential, version: number): Answer & Record<string, unknown> {
  return { protocolVersion: version, answer: prove(secret, ['answers', version], credential) }
}

/** Also where the version is not one that was offered: somebody on the way would have chosen it. */
export function isAnswer(secret: string, credential: Credential, payload: unknown): boolean {
  const { answer, protocolVersion: version } = (payload ?? {}) as Partial<Answer>
  if (typeof answer !== 'string' || typeof version !== 'number') return false
  if (version > credential.protocolVersion || version < credential.oldestVersion) return false
  return isEqual(answer, makeAnswer(secret, credential, version).answer)
}

/** Checks credentials for one region, each once. */
export class CredentialChecker {
  readonly #secret: string
  readonly #region: RegionId
  readonly #versions: Versions
  readonly #clock: Clock
  readonly #nonces = new Set<string>()

  constructor(setting: Pick<CredentialSetting, 'secret' | 'region' | 'versions'> & { readonly clock: Clock }) {
    this.#secret = setting.secret
    this.#region = setting.region
    this.#versions = setting.versions
    this.#clock = setting.clock
  }

  check(offered: unknown): CredentialCheck {
    if (!isCredential(offered)) return { ok: false, code: 'FORBIDDEN', reason: 'it showed no credential' }
    const { region, peer, timestamp, nonce } = offered
    const theirs = { newest: offered.protocolVersion, oldest: offered.oldestVersion ?? offered.protocolVersion }
    const version = commonVersion(theirs, this.#versions)
    if (version === null) {
      return { ok: false, code: 'VERSION', reason: describeNoCommon(region, theirs, this.#region, this.#versions) }
    }
    if (!isEqual(offered.proof, prove(this.#secret, ['asks'], offered))) {
      return { ok: false, code: 'FORBIDDEN', reason: `${region} has another cluster secret` }
    }
    if (peer !== this.#region) {
      return {
        ok: false,
        code: 'FORBIDDEN',
        reason: `${region} wants ${peer}, and this is ${this.#region}: check its peers' addresses`,
      }
    }
    const aheadMs = timestamp - this.#clock.now()
    if (Math.abs(aheadMs) > toleranceMs) {
      return { ok: false, code: 'FORBIDDEN', reason: `the clock of ${region} is off by ${aheadMs} ms from ours` }
    }
    if (this.#nonces.has(nonce)) return { ok: false, code: 'FORBIDDEN', reason: `a credential of ${region} came twice` }
    this.#remember(nonce)
    return { ok: true, credential: offered, version }
  }

  #remember(nonce: string): void {
    this.#nonces.add(nonce)
    if (this.#nonces.size <= maximumNonces) return
    for (const oldest of this.#nonces) {
      this.#nonces.delete(oldest)
      return
    }
  }
}

function prove(secret: string, side: readonly (string | number)[], claim: Omit<Credential, 'proof'>): string {
  const text = [
    'causeway-replication',
    ...side,
    claim.protocolVersion,
    claim.oldestVersion,
    claim.region,
    claim.peer,
    claim.timestamp,
    claim.nonce,
  ]
  return createHmac('sha256', secret).update(JSON.stringify(text)).digest('hex')
}

function isEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function isCredential(offered: unknown): offered is Credential {
  if (typeof offered !== 'object' || offered === null) return false
  const { region, peer, timestamp, nonce, proof, protocolVersion: version } = offered as Partial<Credential>
  const texts = [region, peer, nonce, proof].every((text) => typeof text === 'string' && text.length <= 200)
  return texts && Number.isSafeInteger(timestamp) && Number.isSafeInteger(version)
}
