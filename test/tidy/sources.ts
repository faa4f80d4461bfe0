// The repository as the tidy tests see it: which files there are, what they import, their text without comments.
// Knows the rooms by name and no rule about them.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export const rooms = ['schema', 'db', 'regions', 'gateway', 'client', 'cli', 'test'] as const
export type Room = (typeof rooms)[number]

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string
  readonly room: Room
  /** A test, or what only tests use: contract suites, test helpers, and the test room. */
  readonly isTest: boolean
  readonly text: string
}

const skippedFolders = new Set(['node_modules', 'dist', 'migrations', 'generated', 'coverage'])

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skippedFolders.has(entry.name) || entry.name.startsWith('.') ? [] : walk(path)
    return entry.isFile() ? [path] : []
  })
}

const testName = /\.(?:test|contract|testing)\.tsx?$/

function read(room: Room, path: string): SourceFile {
  const fromRoot = relative(repository, path).split(sep).join('/')
  return {
    path: fromRoot,
    room,
    isTest: room === 'test' || testName.test(fromRoot),
    text: readFileSync(path, 'utf8'),
  }
}

/** Every TypeScript file of every room, sorted by path. */
export const sources: readonly SourceFile[] = rooms
  .flatMap((room) =>
    walk(join(repository, room))
      .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
      .map((path) => read(room, path)),
  )
  .sort((left, right) => (left.path < right.path ? -1 : 1))

/** The examples' TypeScript files, which belong to no room. */
export const exampleFiles: readonly Pick<SourceFile, 'path' | 'text'>[] = walk(join(repository, 'examples'))
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
  .map((path) => ({ path: relative(repository, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))

/** Comments blanked, strings kept: good enough for our own formatted code, not a parser. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (match, text_: string | undefined) => text_ ?? match.replace(/[^\n]/g, ' '),
  )
}

/** Comments and the contents of strings blanked: what is left is code. */
export function codeOf(text: string): string {
  return withoutComments(text).replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, "''")
}

/** What the file imports, types and dynamic imports included. */
export function importsOf(file: SourceFile): string[] {
  const code = withoutComments(file.text)
  const statements = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm
  const bare = /^\s*import\s*['"]([^'"]+)['"]/gm
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]/g
  return [statements, bare, dynamic].flatMap((pattern) => [...code.matchAll(pattern)].map((found) => found[1] ?? ''))
}

/** Where a relative import leads, from the repository's root. */
export function resolveRelative(file: SourceFile, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file.path), specifier))
}

/** `path:line` of every match, for failures that can be clicked. */
export function linesMatching(file: SourceFile, code: string, pattern: RegExp): string[] {
  return code
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : []))
}
