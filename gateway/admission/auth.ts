// Who calls. In development everyone is an operator and the gateway listens on loopback only; with `jwt` a bearer token
// says who it is. Regions check the same token again: the gateway trusts nothing on their behalf.

import { createHmac } from 'node:crypto'
import { gatewayToken } from '@causeway/schema/credentials/gateway-token'
import type { Principal, Role } from '@causeway/schema/documents/command'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose'
import { GatewayFault } from '../errors.ts'
import type { AuthOptions } from '../options.ts'

export interface Admission {
  /** The caller, from an authorization header. Throws GatewayFault UNAUTHENTICATED. */
  identify(authorization: string | undefined): Promise<Principal>
  /** With what this gateway asks regions on its own behalf; undefined where it needs nothing, or has nothing. */
  ownAuthorization(): Promise<string | undefined>
}

const developer: Principal = { subject: 'development', roles: ['operator'], region: null }
const roles: ReadonlySet<string> = new Set<Role>(['customer', 'staff', 'operator', 'device'])
const ownTokenSeconds = 300

/** With a key set the gateway cannot sign as an issuer: then its own token is by the cluster secret, where it has that. */
export function makeAdmission(auth: AuthOptions, gatewayId: string, clusterSecret?: string): Admission {
  if (auth.mode === 'development') {
    return { identify: async () => developer, ownAuthorization: async () => undefined }
  }
  const { jwksUrl, secret, issuer, audience } = auth
  const options = {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    // Otherwise a token of anyone whose public key is known could be forged with it as the shared secret.
    algorithms: jwksUrl === undefined ? ['HS256', 'HS384', 'HS512'] : ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
  }
  const secretKey = secret === undefined ? undefined : new TextEncoder().encode(secret)
  const keySet = jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(jwksUrl))
  if (keySet === undefined && secretKey === undefined) {
    throw new Error('auth.mode "jwt" needs a jwksUrl or a secret')
  }
  const verify = async (token: string): Promise<JWTPayload> => {
    if (keySet !== undefined) return (await jwtVerify(token, keySet as JWTVerifyGetKey, options)).payload
    if (secretKey === undefined) throw new Error('unreachable: checked above')
    return (await jwtVerify(token, secretKey, options)).payload
  }
  let own: { readonly text: string; readonly until: number } | undefined
  return {
    async identify(authorization) {
      const token = /^bearer\s+(.+)$/i.exec(authorization ?? '')?.[1]
      if (token === undefined) throw unauthenticated('Send a token: authorization: Bearer …')
      try {
        return principalOf(await verify(token))
      } catch (error) {
        if (error instanceof GatewayFault) throw error
        throw unauthenticated(inWords(error))
      }
    },
    async ownAuthorization() {
      const signing: Signing | null =
        secretKey === undefined ? clusterSigning(clusterSecret) : { key: secretKey, issuer, audience }
      if (signing === null) return undefined
      const nowSeconds = Math.floor(Date.now() / 1_000)
      if (own === undefined || own.until < nowSeconds + 60) {
        const jwt = new SignJWT({ roles: ['operator'] })
          .setProtectedHeader({ alg: 'HS256', ...(signing.keyId === undefined ? {} : { kid: signing.keyId }) })
          .setSubject(`gateway:${gatewayId}`)
          .setIssuedAt(nowSeconds)
          .setExpirationTime(nowSeconds + ownTokenSeconds)
        if (signing.issuer !== undefined) jwt.setIssuer(signing.issuer)
        if (signing.audience !== undefined) jwt.setAudience(signing.audience)
        own = { text: await jwt.sign(signing.key), until: nowSeconds + ownTokenSeconds }
      }
      return `Bearer ${own.text}`
    },
  }
}

interface Signing {
  readonly key: Uint8Array
  readonly keyId?: string
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
}

function clusterSigning(clusterSecret: string | undefined): Signing | null {
  if (clusterSecret === undefined) return null
  const { keyId, issuer, audience, keyLabel } = gatewayToken
  return { key: new Uint8Array(createHmac('sha256', clusterSecret).update(keyLabel).digest()), keyId, issuer, audience }
}

function principalOf(payload: JWTPayload): Principal {
  if (typeof payload.sub !== 'string' || payload.sub === '') throw unauthenticated('The token names no subject (sub).')
  const claimed: unknown[] = Array.isArray(payload.roles) ? payload.roles : []
  const region = payload.region
  return {
    subject: payload.sub,
    roles: claimed.filter((role): role is Role => typeof role === 'string' && roles.has(role)),
    region: typeof region === 'string' ? region : null,
  }
}

function unauthenticated(message: string): GatewayFault {
  return new GatewayFault('UNAUTHENTICATED', message, 401)
}

function inWords(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) return `The token's claim ${error.claim} is not accepted here.`
  if (error instanceof errors.JWKSTimeout) return 'The key set that the token is checked with did not answer.'
  return 'The token is not valid here.'
}

/** Throws where development mode would listen beyond this machine. */
export function checkListen(auth: AuthOptions, host: string): void {
  if (auth.mode !== 'development' || isLoopback(host)) return
  throw new Error(
    `auth.mode "development" makes every caller an operator, so this gateway refuses to listen on ${host}: ` +
      'listen on 127.0.0.1, ::1 or localhost, or set auth.mode to "jwt"',
  )
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(?:\.\d{1,3}){3}$/.test(bare)
}

/**
 * May a page of this origin call? Tokens are never sent by a browser on its own, so with `jwt` any may; in development a
 * page from elsewhere would be an operator on the developer's machine.
 */
export function isOriginAdmitted(auth: AuthOptions, origin: string | undefined): boolean {
  if (origin === undefined || auth.mode === 'jwt') return true
  try {
    return isLoopback(new URL(origin).hostname)
  } catch {
    return false
  }
}
