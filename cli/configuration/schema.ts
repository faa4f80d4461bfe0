// The shape of the configuration file. Says what each key may hold; what must agree between keys is in rules.ts.

import { isRegionId } from '@causeway/schema/clock/origin'
import { isLeaseHolder } from '@causeway/schema/stock/lease/holder'
import { z } from 'zod'
import { hasPlaceholder } from './environment.ts'

// Values that the started process does not use keep their placeholder, so every leaf accepts one as it stands.
function text(description: string, accepts: (value: string) => boolean) {
  return z.string().refine((value) => hasPlaceholder(value) || accepts(value), { error: `must be ${description}` })
}

function urlWith(...protocols: readonly string[]) {
  return text(`a URL that begins with ${protocols.map((name) => `${name}//`).join(' or ')}`, (value) => {
    if (!URL.canParse(value)) return false
    return protocols.includes(new URL(value).protocol)
  })
}

// Regions and leases hold stock rows under their ids (S6): no id may be taken for the other's.
const regionId = text(
  'a region id (lower-case letters, digits and dashes, at most 63, not shaped as the id of a lease)',
  (value) => isRegionId(value) && !isLeaseHolder(value),
)

const portNumber = z.union([z.number(), z.string()]).transform((value, context) => {
  if (typeof value === 'string' && hasPlaceholder(value)) return 0
  const port = typeof value === 'number' ? value : /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  context.addIssue({ code: 'custom', message: 'must be a port number, 0 to 65535' })
  return z.NEVER
})

const listenAddress = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: portNumber,
})

const region = z.strictObject({
  id: regionId,
  url: urlWith('http:', 'https:').optional(),
  listen: listenAddress.optional(),
  database: urlWith('postgres:', 'postgresql:').optional(),
  peers: z.record(z.string(), urlWith('ws:', 'wss:', 'http:', 'https:')).optional(),
  residency: z.array(z.string().min(1)).optional(),
  /** Which links into this region run over two lines: to peers that are far, all, or none, where bytes cost more than a stall. */
  secondLines: z.enum(['far', 'always', 'never']).default('far'),
  signingKeyFile: z.string().min(1).optional(),
  publicKeys: z.array(z.string().min(1)).optional(),
})

const gateway = z.strictObject({
  id: z.string().min(1).default('gateway'),
  listen: listenAddress,
  region: regionId.optional(),
})

const subgraph = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, { error: 'must be letters, digits, _ and -, beginning with a letter' }),
  urls: z.record(z.string(), urlWith('http:', 'https:')),
})

const auth = z.strictObject({
  mode: z.enum(['development', 'jwt'], { error: 'must be "development" or "jwt"' }),
  jwksUrl: urlWith('http:', 'https:').optional(),
  secret: z.string().min(1).optional(),
  issuer: z.string().min(1).optional(),
  audience: z.string().min(1).optional(),
})

function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

/** How long a region keeps what lies behind it. */
const history = z.strictObject({
  logHours: wholeNumber(0, 8_760).default(1),
  archiveDays: wholeNumber(0, 36_500).default(30),
  offlineDays: wholeNumber(1, 36_500).default(30),
  outcomeDays: wholeNumber(2, 36_500).default(45),
})

/** What all regions have in common, and have to be given alike. */
const cluster = z.strictObject({
  secret: z.string().min(1).optional(),
  /** Hashes emails, the same for ever and in every region; left out it is made of the secret. */
  claimKey: text('16 characters or more', (value) => value.length >= 16).optional(),
  /** What operators' orders are for. */
  name: z.string().min(1).max(100).default('causeway'),
  /** Public keys of operators, Ed25519: where there are any, retires take an order that one of them has signed. */
  operatorKeys: z.array(z.string().min(1)).default([]),
  /** Events of retires from before there were keys of operators. */
  retiresWithoutOrder: z
    .array(text('the place of an event, such as eu-west-1:41', (value) => /^[a-z0-9@-]+:[1-9][0-9]*$/.test(value)))
    .default([]),
})

export const configurationSchema = z.strictObject({
  regions: z.array(region).min(1, { error: 'must name at least one region' }),
  gateways: z.array(gateway).optional(),
  gateway: gateway.optional(),
  subgraphs: z.array(subgraph).optional(),
  auth: auth.default({ mode: 'development' }),
  cluster: cluster.prefault({}),
  history: history.prefault({}),
  /** Modules of custom policies, relative to this file: the same in every region. */
  policies: z.array(z.string().min(1)).default([]),
})

export type Configuration = z.output<typeof configurationSchema>
export type RegionConfiguration = Configuration['regions'][number]
export type GatewayConfiguration = NonNullable<Configuration['gateways']>[number]
export type AuthConfiguration = Configuration['auth']
