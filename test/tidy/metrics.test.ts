// Whatever a process tells Prometheus is explained to who watches it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository, sources } from './sources.ts'

const docs = join(repository, 'docs')
const pages = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(join(docs, name), 'utf8'))
  .join('\n')

const named = sources
  .filter(({ isTest, room }) => !isTest && (room === 'regions' || room === 'gateway'))
  .flatMap(({ text }) => [...text.matchAll(/'(causeway_[a-z_]+[a-z])'/g)].map((found) => found[1] ?? ''))

describe('metrics', () => {
  it('each has a line in docs/', () => {
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(pages))).toEqual([])
  })
})
