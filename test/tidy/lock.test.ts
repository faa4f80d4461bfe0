// A lock file installs on every platform, from whatever registry: `npm ci` refuses one that leaves out the packages of
// other platforms, and a registry's address does not belong in it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from './sources.ts'

interface Locked {
  readonly resolved?: string
  readonly optionalDependencies?: Record<string, string>
}

type Packages = Readonly<Record<string, Locked>>

/** The repository's own, and that of what only one part of a bench installs. */
const locks = ['package-lock.json', 'test/bench/devices/rxdb/package-lock.json']

/** Where Node would look for `name` from the package at `path`. */
function placesOf(path: string, name: string): string[] {
  const parts = path === '' ? [] : path.split('/node_modules/')
  const outer = parts.map((_, index) => `${parts.slice(0, index + 1).join('/node_modules/')}/node_modules/${name}`)
  return [...outer, `node_modules/${name}`]
}

describe.each(locks)('%s', (lock) => {
  const { packages } = JSON.parse(readFileSync(join(repository, lock), 'utf8')) as { readonly packages: Packages }

  it('the lock file holds the packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {})
        .filter((name) => !placesOf(path, name).some((place) => place in packages))
        .map((name) => `${name} of ${path}`),
    )
    expect(missing).toEqual([])
  })

  it('the lock file names no registry', () => {
    const resolved = Object.values(packages).flatMap((one) =>
      /^https?:/.test(one.resolved ?? '') ? [one.resolved] : [],
    )
    expect(resolved).toEqual([])
  })
})
