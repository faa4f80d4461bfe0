// A gateway whose callers are checked by a key set has no token of an issuer. It knows the cluster secret: with that it
// asks the regions how they are.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeAdmission } from '@causeway/gateway/admission/auth'
import type { Gateway } from '@causeway/gateway/options'
import { startGateway } from '@causeway/gateway/server'
import { type ServedCluster, serveCluster } from '@causeway/regions/http/cluster.testing'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const regions = ['us-east-1', 'eu-west-1']
const clusterSecret = 'what only the cluster knows'
let issuer: Server
let cluster: ServedCluster
let operator: string
let jwksUrl: string
const gateways: Gateway[] = []

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] })
  issuer = createServer((_, response) => response.setHeader('content-type', 'application/json').end(keys))
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
  jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`
  const jwt = new SignJWT({ roles: ['operator'] }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).setSubject('ops')
  operator = `Bearer ${await jwt.setExpirationTime('1h').sign(privateKey)}`
  cluster = await serveCluster(regions, { auth: { mode: 'jwt', jwksUrl }, clusterSecret })
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()))
  await cluster.stop()
  issuer.close()
})

async function gatewayWith(secret: string): Promise<Gateway> {
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    regions: regions.map((id) => ({ id, url: cluster.at(id).server.url })),
    auth: { mode: 'jwt', jwksUrl },
    clusterSecret: secret,
    probeEveryMs: 50,
  })
  gateways.push(gateway)
  return gateway
}

async function shown(
  gateway: Gateway,
): Promise<readonly { readonly frontier: object | null; readonly digest: string | null }[]> {
  const query = '{ regions { id frontier digest replication { from lagCommits quarantined } divergence { found } } }'
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: operator },
    body: JSON.stringify({ query }),
  })
  const { data } = (await response.json()) as { data: { regions: never[] } }
  return data.regions
}

describe('a gateway that checks callers by a key set', () => {
  it('C6, C8: shows lag, what is quarantined, frontier and digest of every region', async () => {
    const gateway = await gatewayWith(clusterSecret)
    await expect
      .poll(() => shown(gateway), { timeout: 10_000 })
      .toMatchObject(
        regions.toSorted().map((id) => ({
          id,
          frontier: {},
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          replication: [{ from: regions.find((other) => other !== id), lagCommits: 0, quarantined: 0 }],
          divergence: { found: 0 },
        })),
      )
  })

  it('with another cluster secret is told nothing, and serves all the same', async () => {
    const gateway = await gatewayWith('some other secret')
    const all = await shown(gateway)
    expect(all.map(({ frontier, digest }) => [frontier, digest])).toEqual([
      [null, null],
      [null, null],
    ])
  })

  it('takes no token of a gateway from callers', async () => {
    const admission = makeAdmission({ mode: 'jwt', jwksUrl }, 'gw', clusterSecret)
    await expect(admission.identify(await admission.ownAuthorization())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  })
})
