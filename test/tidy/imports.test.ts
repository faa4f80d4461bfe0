// Which room may import which, and how. The rooms meet regions, gateways and devices through GraphQL alone.

import { existsSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  exampleFiles,
  importsOf,
  linesMatching,
  type Room,
  repository,
  resolveRelative,
  rooms,
  sources,
  withoutComments,
} from './sources.ts'

const mayImport: Record<Room, readonly Room[]> = {
  schema: [],
  db: ['schema'],
  regions: ['schema', 'db'],
  gateway: ['schema'],
  client: ['schema'],
  cli: ['schema', 'db', 'regions', 'gateway', 'client'],
  test: ['schema', 'db', 'regions', 'gateway', 'client', 'cli'],
}

/** Entry points of a package that outsiders install: the one place where re-exporting is the point. */
const entryPoints = new Set(['client/index.ts'])

const imports = sources.flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier })))
const builtins = new Set(builtinModules)

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The folder of the TypeScript project that a file belongs to. */
function projectOf(path: string): string {
  const folder = posix.dirname(path)
  return existsSync(join(repository, folder, 'tsconfig.json')) ? folder : projectOf(folder)
}

function referencesOf(project: string): readonly string[] {
  const text = readFileSync(join(repository, project, 'tsconfig.json'), 'utf8')
  const { references = [] } = JSON.parse(text) as { readonly references?: readonly { readonly path: string }[] }
  return references.map(({ path }) => posix.join(project, path))
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8')) as Manifest
}

describe('what the rooms import', () => {
  it('sees imports at all', () => {
    expect(imports.length).toBeGreaterThan(50)
  })

  it('a room imports only the rooms that it may', () => {
    const wrong = imports.flatMap(({ file, specifier }) => {
      const room = rooms.find((name) => packageOf(specifier) === `@causeway/${name}`)
      if (room === undefined) return specifier.startsWith('@causeway/') ? [`${file.path} → ${specifier}`] : []
      return room === file.room || !mayImport[file.room].includes(room) ? [`${file.path} → ${specifier}`] : []
    })
    expect(wrong).toEqual([])
  })

  it('a project waits for the projects of the rooms that it imports, or it is built before them now and then', () => {
    const wrong = imports.flatMap(({ file, specifier }) => {
      const room = rooms.find((name) => packageOf(specifier) === `@causeway/${name}`)
      if (room === undefined || file.isTest) return []
      const project = projectOf(file.path)
      return project === room || referencesOf(project).includes(room) ? [] : [`${project} → ${room} (${file.path})`]
    })
    expect(wrong).toEqual([])
  })

  it('a relative import stays in its room and names the file with its ending', () => {
    const wrong = imports.flatMap(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return []
      const inRoom = resolveRelative(file, specifier).startsWith(`${file.room}/`)
      const named = /\.(?:tsx?|json|js|css)$/.test(specifier)
      const atRoot = file.room === 'test' && specifier.endsWith('/package.json')
      return (inRoom && named) || atRoot ? [] : [`${file.path} → ${specifier}`]
    })
    expect(wrong).toEqual([])
  })

  it('what runs imports no test', () => {
    const wrong = imports.flatMap(({ file, specifier }) =>
      !file.isTest && /\.(?:test|contract|testing)(?:\.ts)?$/.test(specifier) ? [`${file.path} → ${specifier}`] : [],
    )
    expect(wrong).toEqual([])
  })

  it('schema and client know no platform', () => {
    const wrong = imports.flatMap(({ file, specifier }) => {
      // What an app on Node imports by a path of its own, and no browser's bundle meets.
      if (file.path.startsWith('client/node/')) return []
      if (file.isTest || (file.room !== 'schema' && file.room !== 'client')) return []
      return specifier.startsWith('node:') || builtins.has(specifier) ? [`${file.path} → ${specifier}`] : []
    })
    expect(wrong).toEqual([])
  })

  it('schema names Automerge so that each platform gets its own, and an app can bundle it without a plugin', () => {
    const wrong = imports.flatMap(({ file, specifier }) =>
      file.room === 'schema' && packageOf(specifier) === '@automerge/automerge' ? [`${file.path} → ${specifier}`] : [],
    )
    expect(wrong).toEqual([])
  })

  it('an example knows only the SDK, as an app outside would', () => {
    const folder = 'examples/storefront/src/'
    const files = exampleFiles.filter(({ path }) => path.startsWith(folder))
    expect(files.length).toBeGreaterThan(5)
    const used = files.flatMap(({ path, text }) =>
      [...text.matchAll(/^import [^'"]*['"]([^'"]+)['"]/gms)].map(([, from = '']) =>
        from.startsWith('.') ? posix.join(posix.dirname(path), from) : from,
      ),
    )
    const allowed =
      /^(?:examples\/storefront\/src\/[\w/-]+\.(?:tsx?|css)|react|react-dom\/client|@causeway\/client(?:\/react)?)$/
    expect(used.filter((from) => !allowed.test(from))).toEqual([])
  })

  it('a built-in module is named with node:', () => {
    const wrong = imports.flatMap(({ file, specifier }) =>
      builtins.has(specifier) ? [`${file.path} → ${specifier}`] : [],
    )
    expect(wrong).toEqual([])
  })

  it('a package that a room imports is among its own dependencies', () => {
    const root = manifest('.')
    const wrong = imports.flatMap(({ file, specifier }) => {
      const name = packageOf(specifier)
      if (/^(?:\.|#|node:|@causeway\/)/.test(specifier)) return []
      const own = file.room === 'test' ? {} : manifest(file.room)
      const runtime = { ...own.dependencies, ...own.optionalDependencies, ...own.peerDependencies }
      const testing = { ...runtime, ...own.devDependencies, ...root.devDependencies }
      const everyRoom = rooms.filter((room) => room !== 'test').map((room) => manifest(room))
      const anyRoom = Object.assign(
        {},
        ...everyRoom.flatMap((one) => [one.dependencies, one.devDependencies]),
      ) as object
      const isTool = file.isTest || file.path.endsWith('.config.ts')
      const known = file.room === 'test' ? { ...anyRoom, ...testing } : isTool ? testing : runtime
      // What the browser bundle of the console and the build itself are made of is needed to build, not to run.
      const isBuild = /^(?:gateway\/console|cli\/build)\//.test(file.path)
      return name in known || (isBuild && name in { ...own.devDependencies }) ? [] : [`${file.path} → ${name}`]
    })
    expect(wrong).toEqual([])
  })

  it('no file only passes on what others export', () => {
    const wrong = sources.flatMap((file) =>
      entryPoints.has(file.path)
        ? []
        : linesMatching(
            file,
            withoutComments(file.text),
            /^\s*export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\b/,
          ),
    )
    expect(wrong).toEqual([])
  })
})
