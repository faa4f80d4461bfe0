import { describe, expect, it } from 'vitest'
import type { ProcessRole } from './environment.ts'
import { gatewayOf, parseConfiguration, readConfiguration } from './read.ts'

const us: ProcessRole = { kind: 'region', id: 'us' }
const anyGateway: ProcessRole = { kind: 'gateway', id: null }

function sample(): Record<string, unknown> {
  return {
    regions: [
      {
        id: 'us',
        url: 'http://127.0.0.1:4101',
        listen: { host: '127.0.0.1', port: 4101 },
        database: `postgres://user:${variable('US_PASSWORD')}@127.0.0.1:5432/us`,
        peers: { eu: 'ws://127.0.0.1:9012/replication' },
        residency: ['US'],
      },
      { id: 'eu', url: 'http://127.0.0.1:4102', listen: { port: 4102 }, database: variable('EU_DATABASE') },
    ],
    gateways: [{ id: 'gw', listen: { host: '127.0.0.1', port: 4000 }, region: 'us' }],
    auth: { mode: 'development' },
    cluster: { secret: variable('SECRET') },
  }
}

function parse(configuration: unknown, role: ProcessRole = us, environment: Record<string, string> = {}) {
  const set = { US_PASSWORD: 'pw', SECRET: 's', ...environment }
  return parseConfiguration(JSON.stringify(configuration), 'c.json', role, set)
}

function withRegion(change: Record<string, unknown>) {
  const configuration = sample()
  const regions = configuration.regions as Record<string, unknown>[]
  return { ...configuration, regions: [{ ...regions[0], ...change }, ...regions.slice(1)] }
}

/** The placeholder of a variable, as the file has it. */
function variable(name: string): string {
  return `\${${name}}`
}

describe('the configuration file', () => {
  it('opens two lines to peers that are far, unless a region says otherwise', () => {
    const withLine = (more: object = {}) => {
      const [first, ...others] = sample().regions as readonly object[]
      return { ...sample(), regions: [{ ...first, ...more }, ...others] }
    }
    expect(parse(withLine()).regions[0]?.secondLines).toBe('far')
    expect(parse(withLine({ secondLines: 'never' })).regions[0]?.secondLines).toBe('never')
    expect(() => parse(withLine({ secondLines: 'no' }))).toThrow('secondLines')
  })

  it('C6: knows keys of operators, and none where none are named', () => {
    const withCluster = (more: object) => parse({ ...sample(), cluster: { secret: 's', ...more } }).cluster
    expect(withCluster({})).toMatchObject({ name: 'causeway', operatorKeys: [], retiresWithoutOrder: [] })
    expect(withCluster({ operatorKeys: ['MCow'] }).operatorKeys).toEqual(['MCow'])
    expect(() => withCluster({ retiresWithoutOrder: ['us'] })).toThrow('the place of an event, such as eu-west-1:41')
    expect(() => withCluster({ operatorKey: [] })).toThrow('did you mean "operatorKeys"?')
  })

  it('resolves the variables of the started region and leaves those of the others alone', () => {
    const configuration = parse(sample())
    expect(configuration.regions[0]?.database).toBe('postgres://user:pw@127.0.0.1:5432/us')
    expect(configuration.regions[1]?.database).toBe(variable('EU_DATABASE'))
    expect(configuration.cluster.secret).toBe('s')
  })

  it('S6: a region that is called as a lease is refused: both hold stock rows under their ids', () => {
    const lease = 'lease-0123456789abcdefghjkmnpqrs'
    expect(() => parse(withRegion({ id: lease }), { kind: 'region', id: lease })).toThrow(
      /c\.json: regions\[0\]\.id: must be a region id .*not shaped as the id of a lease/,
    )
    expect(() => parse(withRegion({ id: 'lease-us' }), { kind: 'region', id: 'lease-us' })).not.toThrow(
      /regions\[0\]\.id/,
    )
  })

  it('a gateway starts without any database secret, and without the key by which regions hash emails', () => {
    const claims = { ...sample(), cluster: { secret: variable('SECRET'), claimKey: variable('CLAIMS') } }
    const configuration = parseConfiguration(JSON.stringify(claims), 'c.json', anyGateway, { SECRET: 's' })
    expect(() => parse(claims)).toThrow('cluster.claimKey: the environment variable CLAIMS is not set')
    expect(() => parse(claims, us, { CLAIMS: 'short' })).toThrow('cluster.claimKey: must be 16 characters or more')
    expect(gatewayOf(configuration, null, 'c.json').listen.port).toBe(4000)
  })

  it('a variable that is needed and not set is named with its path', () => {
    expect(() => parseConfiguration(JSON.stringify(sample()), 'c.json', us, { SECRET: 's' })).toThrow(
      'c.json: regions[0].database: the environment variable US_PASSWORD is not set',
    )
  })

  it('a wrong key is named with its path and the key that was meant', () => {
    expect(() => parse(withRegion({ lisen: {} }))).toThrow('regions[0].lisen: unknown key; did you mean "listen"?')
    expect(() => parse(withRegion({ listen: { port: 1, hots: '::1' } }))).toThrow(
      'regions[0].listen.hots: unknown key; did you mean "host"?',
    )
    expect(() => parse({ ...sample(), colour: 1 })).toThrow('colour: unknown key; known keys: regions, gateways')
  })

  it('a wrong value is named with its path', () => {
    expect(() => parse(withRegion({ listen: { port: 70_000 } }))).toThrow(
      'regions[0].listen.port: must be a port number',
    )
    expect(() => parse(withRegion({ url: 'ftp://x' }))).toThrow(
      'regions[0].url: must be a URL that begins with http://',
    )
    expect(() => parse(withRegion({ id: 'US East' }))).toThrow('regions[0].id: must be a region id')
    expect(() => parse(withRegion({ residency: 'US' }))).toThrow('regions[0].residency: must be an array')
    expect(() => parse({ gateways: [] })).toThrow('regions: is missing')
  })

  it('a port may come from the environment', () => {
    const configuration = parse(withRegion({ listen: { port: variable('PORT') } }), us, { PORT: '4711' })
    expect(configuration.regions[0]?.listen?.port).toBe(4711)
  })

  it('the same region twice is refused', () => {
    const configuration = sample()
    const regions = configuration.regions as unknown[]
    expect(() => parse({ ...configuration, regions: [...regions, { id: 'us' }] })).toThrow(
      'regions[2].id: "us" is already the id of regions[0]',
    )
  })

  it('a peer, a gateway or a subgraph of an unknown region is refused', () => {
    expect(() => parse(withRegion({ peers: { asia: 'ws://a/replication' } }))).toThrow(
      'regions[0].peers.asia: no region "asia" is configured; there are us, eu',
    )
    expect(() => parse({ ...sample(), gateways: [{ id: 'g', listen: { port: 1 }, region: 'asia' }] })).toThrow(
      'gateways[0].region: no region "asia"',
    )
    expect(() => parse({ ...sample(), subgraphs: [{ name: 'reviews', urls: { asia: 'http://a' } }] })).toThrow(
      'subgraphs[0].urls.asia: no region "asia"',
    )
  })

  it('jwt needs a way to check tokens and a cluster secret', () => {
    expect(() => parse({ ...sample(), auth: { mode: 'jwt' } })).toThrow('auth: mode "jwt" needs jwksUrl or secret')
    expect(() => parse({ ...sample(), auth: { mode: 'jwt', secret: 'x' }, cluster: {} })).toThrow(
      'cluster.secret: is missing',
    )
    expect(() => parse({ ...sample(), auth: { mode: 'none' } })).toThrow('auth.mode: must be "development" or "jwt"')
  })

  it('one gateway may stand in place of a list', () => {
    const { gateways: _, ...rest } = sample()
    const configuration = parse({ ...rest, gateway: { listen: { port: 4000 } } }, anyGateway)
    expect(gatewayOf(configuration, null, 'c.json').id).toBe('gateway')
    expect(() => gatewayOf(configuration, 'other', 'c.json')).toThrow('has no gateway "other"; it has gateway')
  })

  it('a file that is missing or no JSON says so', async () => {
    await expect(readConfiguration('/nowhere/c.json', us, {})).rejects.toThrow('there is no such file')
    expect(() => parseConfiguration('{', 'c.json', us, {})).toThrow('c.json is not JSON')
  })

  it('I5: outcomes are kept longer than a device may be offline', () => {
    expect(parse(sample()).history).toEqual({ logHours: 1, archiveDays: 30, offlineDays: 30, outcomeDays: 45 })
    expect(parse({ ...sample(), history: { offlineDays: 10, outcomeDays: 11 } }).history.outcomeDays).toBe(11)
    expect(() => parse({ ...sample(), history: { offlineDays: 60 } })).toThrow(
      'history.outcomeDays: 45 must be more than history.offlineDays, which is 60',
    )
    expect(() => parse({ ...sample(), history: { archiveDays: -1 } })).toThrow('must be a whole number from 0 to 36500')
  })
})
