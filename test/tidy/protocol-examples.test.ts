// docs/PROTOCOL.md shows what travels as it travels: what it gives as an example is taken by the code that reads such
// things, and every header and code that a caller may meet is told.

import { readFileSync } from 'node:fs'
import { snapshotLayout } from '@causeway/db/snapshots/snapshots'
import { CredentialChecker, isAnswer } from '@causeway/regions/replication/wire/cluster-auth'
import { toSnapshotAnswer } from '@causeway/regions/replication/wire/snapshot-messages'
import { describe, expect, it } from 'vitest'
import { repository, sources } from './sources.ts'

const page = readFileSync(`${repository}/docs/PROTOCOL.md`, 'utf8')
const caller = page.slice(page.indexOf('## Between caller and gateway'), page.indexOf('## Between device and region'))

/** The first block of JSON that begins with `beginning`, shortened hashes and objects filled up. */
function example(beginning: string): Record<string, unknown> {
  const blocks = [...page.matchAll(/```json\n([^`]*)```/g)].map(([, text]) => text ?? '')
  const found = blocks.find((text) => text.startsWith(beginning)) ?? ''
  const whole = found
    .replaceAll(/"(\w\w)…"/g, (_, digits: string) => `"${digits.padEnd(64, '0')}"`)
    .replaceAll('{ … }', '{}')
  return JSON.parse(whole)
}

function read(path: string): string {
  return sources.find((file) => file.path === path)?.text ?? ''
}

describe('examples in docs/PROTOCOL.md', () => {
  it('a credential and its answer prove what the page says they prove', () => {
    const [, secret = ''] = /under\s+the\s+secret\s+`([^`]+)`/.exec(page) ?? []
    const { credential, payload } = example('{ "credential"') as { credential: { timestamp: number }; payload: unknown }
    const clock = { now: () => credential.timestamp }
    const checker = new CredentialChecker({ secret, region: 'us-east-1', versions: { oldest: 8, newest: 10 }, clock })
    const check = checker.check(credential)
    expect(check).toMatchObject({ ok: true, version: 10 })
    expect(check.ok && isAnswer(secret, check.credential, payload)).toBe(true)
  })

  it('C10: the description of a snapshot is one that a region takes', () => {
    const description = example('{ "layout"')
    expect(toSnapshotAnswer({ status: 'ready', description })).toMatchObject({ status: 'ready' })
    expect(description.layout).toBe(snapshotLayout)
  })

  it('every header that a region or gateway reads is told', () => {
    const text = read('regions/graphql/request.ts') + read('gateway/routing/call.ts') + read('gateway/http/admit.ts')
    const headers = new Set([...text.matchAll(/'(causeway-[a-z-]+|idempotency-key)'/g)].map(([, name]) => name ?? ''))
    expect(headers.size).toBeGreaterThan(6)
    expect([...headers].filter((name) => !caller.includes(`| \`${name}\` |`))).toEqual([])
  })

  it('every code of a fault is told', () => {
    const text = read('regions/graphql/errors.ts') + read('gateway/errors.ts')
    const unions = [...text.matchAll(/type \w+Code =\n((?: {2}\| '\w+'\n)+)/g)].map(([, union]) => union ?? '')
    const codes = new Set(unions.flatMap((union) => [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code ?? '')))
    expect(codes.size).toBeGreaterThan(12)
    const told = caller.split('\n').filter((line) => line.startsWith('| '))
    expect([...codes].filter((code) => !told.some((line) => line.includes(`\`${code}\``)))).toEqual([])
  })
})
