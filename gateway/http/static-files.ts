// Sites of files that were built beforehand: the console with GraphiQL, and apps that whoever runs the gateway names. Serves what
// is in a site's folder and nothing else.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
}

/** No request leaves the gateway's own origin. Monaco writes its styles into the page, and its workers may be blobs. */
function policy(scripts: string, ancestors: string): string {
  return [
    "default-src 'self'",
    `script-src ${scripts}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "connect-src 'self'",
    `frame-ancestors ${ancestors}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

interface Site {
  readonly folder: string
  /** The file of a path; null where the path is not of this site. */
  readonly fileOf: (path: string) => string | null
  readonly isPage: (path: string) => boolean
  readonly contentSecurityPolicy: string
}

interface StaticFile {
  readonly bytes: Buffer
  readonly type: string
  readonly tag: string
}

const pages: Readonly<Record<string, string>> = { '/': 'console.html', '/graphiql': 'graphiql.html' }

export function consoleSite(): Site {
  return {
    folder: builtFolder(),
    fileOf: (path) => pages[path] ?? (path.startsWith('/assets/') ? path.slice('/assets/'.length) : null),
    isPage: (path) => path in pages,
    contentSecurityPolicy: policy("'self'", "'none'"),
  }
}

/** An app built for this origin, such as one on the SDK, whose documents are WebAssembly. `path` has no slash at its end. */
export function appSite(path: string, folder: string): Site {
  return {
    folder,
    fileOf: (asked) => (asked.startsWith(`${path}/`) ? asked.slice(path.length + 1) || 'index.html' : null),
    isPage: (asked) => asked === `${path}/`,
    contentSecurityPolicy: policy("'self' 'wasm-unsafe-eval'", "'self'"),
  }
}

export class StaticFiles {
  readonly #site: Site
  #files: Promise<ReadonlyMap<string, StaticFile>> | null = null

  constructor(site: Site) {
    this.#site = site
  }

  /** False where there is no such file: nothing was sent. */
  async serve(path: string, ifNoneMatch: string | undefined, response: ServerResponse): Promise<boolean> {
    const { folder, fileOf, isPage, contentSecurityPolicy } = this.#site
    const name = fileOf(path)
    if (name === null) return false
    this.#files ??= readFiles(folder)
    const file = (await this.#files).get(name)
    if (file === undefined) {
      if (!isPage(path)) return false
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('This page is not built yet: run `npm run build`.\n')
      this.#files = null
      return true
    }
    const headers = {
      'content-type': file.type,
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      etag: file.tag,
    }
    if (ifNoneMatch === file.tag) {
      response.writeHead(304, headers)
      response.end()
      return true
    }
    response.writeHead(200, { ...headers, 'content-length': file.bytes.length })
    response.end(file.bytes)
    return true
  }
}

/** Beside this file where it runs as built, under dist where it runs from its source. */
function builtFolder(): string {
  const here = fileURLToPath(new URL('..', import.meta.url))
  return here.endsWith(`dist${sep}`) ? join(here, 'console') : join(here, 'dist', 'console')
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>()
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  for (const entry of entries) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    files.set(relative(folder, path).split(sep).join('/'), { bytes, type, tag })
  }
  return files
}
