// docs/CONFIGURATION.md shows a configuration that is taken as it stands, and tells of every key that there is.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ProcessRole } from './environment.ts'
import { gatewayOf, parseConfiguration } from './read.ts'
import { configurationSchema } from './schema.ts'

const page = await readFile(fileURLToPath(new URL('../../docs/CONFIGURATION.md', import.meta.url)), 'utf8')
const example = /```json\n([^`]*)```/.exec(page)?.[1] ?? ''
const environment = { US_PASSWORD: 'us', CLUSTER_SECRET: 'a secret of the test', CLAIM_KEY: 'a key of the claims' }

interface Described {
  readonly properties?: Readonly<Record<string, Described>>
  readonly items?: Described
}

/** `regions[].listen` and the like, of every key. */
function pathsOf({ properties = {}, items }: Described, path = ''): readonly string[] {
  if (items !== undefined) return pathsOf(items, `${path}[]`)
  return Object.entries(properties).flatMap(([key, inner]) => {
    const own = path === '' ? key : `${path}.${key}`
    const below = pathsOf(inner, own)
    return below.length > 0 ? below : [own]
  })
}

/** The address of a listener is told once, as a whole; one gateway is told beside the list. */
const isTold = (path: string) =>
  page.includes(`\`${path.replace(/\.listen\.(?:host|port)$/, '.listen').replace(/^gateway\./, 'gateways[].')}\``)

describe('the page about the configuration', () => {
  it.each<ProcessRole>([
    { kind: 'region', id: 'us-east-1' },
    { kind: 'gateway', id: null },
  ])('shows one that a $kind takes as it stands', (role) => {
    const configuration = parseConfiguration(example, 'causeway.json', role, environment)
    expect(configuration.regions.map(({ id }) => id)).toEqual(['us-east-1', 'eu-west-1', 'ap-south-1'])
    expect(configuration.regions[0]?.database).toContain(role.kind === 'region' ? 'causeway:us@' : 'US_PASSWORD')
    expect(gatewayOf(configuration, null, 'causeway.json').region).toBe('us-east-1')
  })

  it('tells of every key', () => {
    const paths = pathsOf(z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' }) as Described)
    expect(paths.length).toBeGreaterThan(30)
    expect(paths.filter((path) => !isTold(path.replace(/\[\]$/, '')))).toEqual([])
  })
})
