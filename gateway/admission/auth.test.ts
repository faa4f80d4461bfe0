import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { checkListen, isOriginAdmitted, makeAdmission } from './auth.ts'
import { pinnedRegion } from './pin.ts'

const secret = 'a secret that is long enough to be one'
const key = new TextEncoder().encode(secret)

async function token(claims: Record<string, unknown>, signWith = key, expires = '5m'): Promise<string> {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime(expires)
  return `Bearer ${await jwt.setIssuer('shop').setAudience('causeway').sign(signWith)}`
}

describe('who calls', () => {
  const admission = makeAdmission({ mode: 'jwt', secret, issuer: 'shop', audience: 'causeway' }, 'gw')

  it('is whom the token names, with the roles that exist', async () => {
    const caller = await admission.identify(
      await token({ sub: 'ann', roles: ['staff', 'emperor'], region: 'eu-west-1' }),
    )
    expect(caller).toEqual({ subject: 'ann', roles: ['staff'], region: 'eu-west-1' })
  })

  it.each([
    ['no token', async () => undefined, /Send a token/],
    [
      'another secret',
      () => token({ sub: 'ann' }, new TextEncoder().encode('another secret, just as long')),
      /not valid/,
    ],
    ['an expired one', () => token({ sub: 'ann' }, key, '-5m'), /expired/],
    ['no subject', () => token({}), /no subject/],
    ['an unsigned one', async () => 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.', /not valid/],
  ])('is nobody with %s', async (_what, make, words) => {
    await expect(admission.identify(await make())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
      message: expect.stringMatching(words),
    })
  })

  it('the gateway’s own token is one that it would accept, as an operator', async () => {
    const own = await admission.identify(await admission.ownAuthorization())
    expect(own).toEqual({ subject: 'gateway:gw', roles: ['operator'], region: null })
  })

  it('only operators may pin a region', () => {
    const caller = { subject: 'ann', roles: ['staff'], region: null } as const
    expect(() => pinnedRegion('eu-west-1', caller)).toThrow(/Only operators/)
    expect(pinnedRegion(' eu-west-1 ', { ...caller, roles: ['operator'] })).toBe('eu-west-1')
    expect(pinnedRegion(undefined, caller)).toBeUndefined()
  })

  it('in development only this machine may listen and call', () => {
    const development = { mode: 'development' } as const
    for (const host of ['127.0.0.1', '::1', 'localhost']) expect(() => checkListen(development, host)).not.toThrow()
    for (const host of ['0.0.0.0', '::', '10.0.0.4', '']) expect(() => checkListen(development, host)).toThrow()
    expect(isOriginAdmitted(development, 'http://localhost:5173')).toBe(true)
    expect(isOriginAdmitted(development, 'http://127.0.0.1.evil.example')).toBe(false)
    expect(isOriginAdmitted(development, 'null')).toBe(false)
  })
})
