// Where `causeway dev` keeps things: folders, ports, and the configuration that its processes read. Knows the three
// regions; starts nothing.

import { join } from 'node:path'

export interface DevelopmentRegion {
  readonly id: string
  /** ISO 3166 codes of the countries whose personal data may live here. */
  readonly residency: readonly string[]
}

export const developmentRegions: readonly DevelopmentRegion[] = [
  { id: 'us-east-1', residency: ['US', 'CA', 'BR', 'MX'] },
  {
    id: 'eu-west-1',
    residency: [
      'GB',
      'IE',
      'DE',
      'FR',
      'ES',
      'PT',
      'IT',
      'NL',
      'BE',
      'CH',
      'AT',
      'SE',
      'NO',
      'DK',
      'FI',
      'PL',
      'CZ',
      'GR',
    ],
  },
  { id: 'ap-south-1', residency: ['IN', 'JP', 'SG', 'AU', 'HK', 'AE', 'BH', 'SA'] },
]

export const gatewayName = 'gateway'
export const host = '127.0.0.1'
export const defaultPort = 4000
export const largestPort = 65_535 - developmentRegions.length

export interface Place {
  /** A region's id, or `gateway`. */
  readonly name: string
  readonly port: number
  readonly url: string
}

export interface Layout {
  readonly directory: string
  readonly lockFile: string
  readonly configurationFile: string
  readonly secretFile: string
  readonly operatorKeyFile: string
  readonly sampleFile: string
  readonly logDirectory: string
  readonly gateway: Place
  /** The ports after the gateway's, in the order of `developmentRegions`. */
  readonly regions: readonly Place[]
  dataOf(region: string): string
  logOf(name: string): string
}

export function layOut(directory: string, port: number): Layout {
  const place = (name: string, offset: number): Place => ({
    name,
    port: port + offset,
    url: `http://${host}:${port + offset}`,
  })
  const logDirectory = join(directory, 'logs')
  return {
    directory,
    lockFile: join(directory, 'lock'),
    configurationFile: join(directory, 'causeway.json'),
    secretFile: join(directory, 'cluster-secret'),
    operatorKeyFile: join(directory, 'operator.pem'),
    sampleFile: join(directory, 'sample-data'),
    logDirectory,
    gateway: place(gatewayName, 0),
    regions: developmentRegions.map(({ id }, index) => place(id, index + 1)),
    dataOf: (region) => join(directory, region),
    logOf: (name) => join(logDirectory, `${name}.log`),
  }
}

/** Names of everything that may lie in the data folder: what `--fresh` removes. */
export function ownNames(): readonly string[] {
  const regions = developmentRegions.map(({ id }) => id)
  return ['causeway.json', 'cluster-secret', 'operator.pem', 'sample-data', 'logs', ...regions]
}

/** The file that the started processes read. */
export function makeConfiguration(layout: Layout, secret: string, operatorKeys: readonly string[] = []): object {
  return {
    regions: layout.regions.map(({ name, port, url }) => ({
      id: name,
      url,
      listen: { host, port },
      residency: developmentRegions.find(({ id }) => id === name)?.residency ?? [],
    })),
    gateways: [{ id: gatewayName, listen: { host, port: layout.gateway.port }, region: layout.regions[0]?.name }],
    auth: { mode: 'development' },
    cluster: { secret, ...(operatorKeys.length > 0 && { operatorKeys }) },
  }
}
