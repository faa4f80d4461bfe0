// Who asks: from the authorization header to a principal. Verifies tokens by a kept library; knows no HTTP.

import { createHmac } from 'node:crypto'
import { isRegionId } from '@causeway/schema/clock/origin'
import { gatewayToken } from '@causeway/schema/credentials/gateway-token'
import type { Principal, Role } from '@causeway/schema/documents/command'
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { Clock } from '../ports.ts'

/** `development`: every caller is an operator. `jwt`: bearer tokens, by key set or by shared secret. */
export type AuthSetting =
  | { readonly mode: 'development' }
  | {
      readonly mode: 'jwt'
      /** Where the issuer publishes its public keys. Exactly one of this and `secret`. */
      readonly jwksUrl?: string | undefined
      /** Shared secret of HS256, at least 32 bytes. */
      readonly secret?: string | undefined
      readonly issuer?: string | undefined
      readonly audience?: string | undefined
    }

/** No token, or one that does not hold. `message` is for the caller; whether to retry: with another token. */
export class AuthenticationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AuthenticationError'
  }
}

export interface Authenticator {
  /** Throws AuthenticationError. `authorization` is the header's value: `Bearer …`. */
  authenticate(authorization: string | undefined): Promise<Principal>
}

const developer: Principal = { subject: 'development', roles: ['operator'], region: null }
const knownRoles: readonly Role[] = ['customer', 'staff', 'operator', 'device']
const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const minimumSecretBytes = 32
const clockToleranceSeconds = 5

/** Throws RangeError on a setting that cannot work. With a `clusterSecret`, gateways that know it may ask on their own behalf. */
export function createAuthenticator(setting: AuthSetting, clock: Clock, clusterSecret?: string): Authenticator {
  if (setting.mode === 'development') return { authenticate: async () => developer }
  const { key, algorithms } = keyOf(setting)
  const gatewayKey = clusterSecret === undefined ? null : deriveGatewayKey(clusterSecret)
  const required: JWTVerifyOptions = {
    algorithms,
    requiredClaims: ['sub', 'exp'],
    clockTolerance: clockToleranceSeconds,
    ...(setting.issuer !== undefined && { issuer: setting.issuer }),
    ...(setting.audience !== undefined && { audience: setting.audience }),
  }
  return {
    async authenticate(authorization) {
      const token = /^Bearer\s+(\S+)$/i.exec(authorization?.trim() ?? '')?.[1]
      if (token === undefined) throw new AuthenticationError('Send the header "authorization: Bearer …" with a token.')
      const currentDate = new Date(clock.now())
      if (gatewayKey !== null && isOfGateway(token)) {
        return principalOf(await verify(token, async () => gatewayKey, { ...ofGateway, currentDate }))
      }
      const options = { ...required, currentDate }
      return principalOf(await verify(token, key, options))
    },
  }
}

const ofGateway: JWTVerifyOptions = {
  algorithms: ['HS256'],
  requiredClaims: ['sub', 'exp'],
  issuer: gatewayToken.issuer,
  audience: gatewayToken.audience,
  clockTolerance: clockToleranceSeconds,
}

function deriveGatewayKey(clusterSecret: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', clusterSecret).update(gatewayToken.keyLabel).digest())
}

/** By its header, which nobody has checked yet: it only chooses the key. */
function isOfGateway(token: string): boolean {
  try {
    return decodeProtectedHeader(token).kid === gatewayToken.keyId
  } catch {
    return false
  }
}

function keyOf(setting: Extract<AuthSetting, { mode: 'jwt' }>): { key: JWTVerifyGetKey; algorithms: string[] } {
  if ((setting.jwksUrl === undefined) === (setting.secret === undefined)) {
    throw new RangeError('auth: give exactly one of jwksUrl and secret')
  }
  if (setting.jwksUrl !== undefined) {
    return { key: createRemoteJWKSet(new URL(setting.jwksUrl)), algorithms: asymmetric }
  }
  const secret = new TextEncoder().encode(setting.secret)
  if (secret.length < minimumSecretBytes) throw new RangeError(`auth: secret is at least ${minimumSecretBytes} bytes`)
  return { key: async () => secret, algorithms: ['HS256'] }
}

async function verify(token: string, key: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, key, options)).payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new AuthenticationError('The token has expired: get a new one.')
    if (error instanceof errors.JWTClaimValidationFailed) {
      throw new AuthenticationError(`The token's claim "${error.claim}" is not accepted here.`)
    }
    // What is no fault of the token is one of the network between here and the issuer.
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      throw new AuthenticationError("The issuer's keys cannot be fetched now: ask again.")
    }
    throw new AuthenticationError('The token is not accepted: its signature or form is wrong.')
  }
}

/** Unknown roles are left out; a caller without a known one may do nothing that needs one. */
function principalOf(claims: JWTPayload): Principal {
  const { sub, roles, region } = claims as JWTPayload & { readonly roles?: unknown; readonly region?: unknown }
  if (sub === undefined || sub === '') throw new AuthenticationError('The token names no subject.')
  const named = Array.isArray(roles) ? roles : typeof roles === 'string' ? roles.split(/[\s,]+/) : []
  return {
    subject: sub,
    roles: knownRoles.filter((role) => named.includes(role)),
    region: typeof region === 'string' && isRegionId(region) ? region : null,
  }
}
