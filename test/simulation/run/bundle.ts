// The simulator and all that it runs as one file, from source, so that a process of it starts at once and runs at full
// speed. A change of a source on the way in makes a simulator of code that is broken on purpose (mutations/). Knows no seed.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copiesShareNoShape, keepShapes } from '@causeway/cli/build/shapes'
import { build, type Plugin } from 'esbuild'

export interface Replacement {
  /** From the repository's root. */
  readonly file: string
  /** Must stand in the file exactly once: what a refactoring has made inert is to be seen. */
  readonly search: string
  readonly replacement: string
}

/** A replacement that cannot be made; nothing was built. */
export class InertReplacement extends Error {
  constructor({ file, search }: Replacement, count: number) {
    super(`${file} holds ${count} times, and not once: ${search}`)
    this.name = 'InertReplacement'
  }
}

export const repository = fileURLToPath(new URL('../../..', import.meta.url))
/** Below node_modules, so that Node finds the packages that stay outside. */
const folder = join(repository, 'node_modules', '.cache', 'causeway-simulation')

/** The path of what was built. Names are apart, so that several can be built and run at once. */
export async function bundleSimulation(name: string, replacements: readonly Replacement[] = []): Promise<string> {
  const sources = await changedSources(replacements)
  const outfile = join(folder, `${name}.mjs`)
  await mkdir(dirname(outfile), { recursive: true })
  const { metafile, outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))],
    outfile,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['source'],
    sourcemap: 'inline',
    logLevel: 'error',
    plugins: [packagesOutside, changing(sources)],
  })
  const used = new Set(Object.keys(metafile.inputs).map((input) => join(repository, input)))
  for (const { file } of replacements)
    if (!used.has(join(repository, file))) throw new Error(`the simulator does not run ${file}`)
  for (const { path, text } of outputFiles) await writeFile(path, copiesShareNoShape ? keepShapes(text) : text)
  return outfile
}

/** By path, each file that is replaced in as it is afterwards. */
export async function changedSources(replacements: readonly Replacement[]): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>()
  for (const replacement of replacements) {
    const path = join(repository, replacement.file)
    sources.set(path, replaceOnce(sources.get(path) ?? (await readFile(path, 'utf8')), replacement))
  }
  return sources
}

export function replaceOnce(source: string, replacement: Replacement): string {
  const count = source.split(replacement.search).length - 1
  if (count !== 1) throw new InertReplacement(replacement, count)
  return source.replace(replacement.search, () => replacement.replacement)
}

/** Rooms are bundled; what npm installs is not, by whatever name a room calls it. */
const packagesOutside: Plugin = {
  name: 'packages outside',
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^[^./#]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@causeway/') ? undefined : { path, external: true },
    )
    onResolve({ filter: /^#/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === isBeingResolved) return undefined
      const found = await resolve(path, { kind, resolveDir, pluginData: isBeingResolved })
      return { ...found, external: found.path.includes('/node_modules/') }
    })
  },
}

const isBeingResolved = Symbol('a name of a room is being looked up')

function changing(sources: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'changed sources',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = sources.get(path)
        return contents === undefined ? undefined : { contents, loader: 'ts' }
      })
    },
  }
}
