// The SDK in an app: bundled by esbuild, by Vite and by webpack without a plugin, WebAssembly included, it runs in a page and in a worker.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build as esbuild } from 'esbuild'
import type { Browser } from 'playwright-core'
import { build as vite } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { AppServer } from './app-server.ts'
import { hasChromium, launchChromium } from './chromium.ts'

const entry = fileURLToPath(new URL('./app/bundled.js', import.meta.url))
/** Of the app without Automerge's WebAssembly, which is a file of its own; docs/decisions/0033 states what it is. */
const maximumGzipBytes = 93_000

type Files = ReadonlyMap<string, Uint8Array | string>

async function filesOf(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const files = await Promise.all(
    paths.map(async (path): Promise<[string, Uint8Array]> => [`/${relative(folder, path)}`, await readFile(path)]),
  )
  return new Map(files)
}

describe.skipIf(!hasChromium)('an app bundled without plugins', { timeout: 120_000 }, () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    browser = await launchChromium()
    folder = await mkdtemp(join(tmpdir(), 'causeway-bundle-'))
  })

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function bundleByEsbuild(): Promise<Files> {
    const outdir = join(folder, 'esbuild')
    await esbuild({
      ...{ entryPoints: { app: entry }, outdir, bundle: true, minify: true, splitting: true, format: 'esm' },
      ...{ target: 'es2022', logLevel: 'error' },
    })
    return filesOf(outdir)
  }

  async function bundleByVite(): Promise<Files> {
    const outDir = join(folder, 'vite')
    await vite({
      ...{ root: fileURLToPath(new URL('./app/', import.meta.url)), configFile: false, logLevel: 'error' },
      build: {
        ...{ outDir, emptyOutDir: true, target: 'es2022', modulePreload: false, chunkSizeWarningLimit: 6_000 },
        rollupOptions: { input: entry, output: { entryFileNames: 'app.js' } },
      },
    })
    return filesOf(outDir)
  }

  async function bundleByWebpack(): Promise<Files> {
    const path = join(folder, 'webpack')
    const compiler = webpack({
      ...{ entry, mode: 'production', target: ['web', 'es2022'], performance: false },
      output: { path, filename: 'app.js', module: true },
      experiments: { outputModule: true },
    })
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        if (error !== null) return reject(error)
        if (stats?.hasErrors() === true || stats?.hasWarnings() === true)
          return reject(new Error(stats.toString('errors-warnings')))
        compiler.close(() => resolve())
      })
    })
    return filesOf(path)
  }

  function gzipBytesOf(files: Files): number {
    // webpack puts the plain file beside it as well, which nothing asks for.
    const scripts = [...files].filter(([path]) => path.endsWith('.js'))
    const own = scripts.filter(([, content]) => content.length < 1_000_000)
    // The WebAssembly is a file of its own.
    expect(scripts.length - own.length).toBe(1)
    return own.reduce((sum, [, content]) => sum + gzipSync(content).length, 0)
  }

  /** In a page, and in a module worker of it. */
  async function run(files: Files): Promise<{ readonly page: unknown; readonly worker: unknown }> {
    const html = '<!doctype html><title>app</title><script type="module" src="/app.js"></script>'
    const server = new AppServer(new Map([...files, ['/', html]]))
    await server.start()
    const page = await browser.newPage()
    try {
      await page.goto(server.url)
      await page.waitForFunction(() => 'bundledLines' in globalThis)
      const inPage = await page.evaluate(() => Reflect.get(globalThis, 'bundledLines') as unknown)
      const inWorker = await page.evaluate(
        () =>
          new Promise<unknown>((resolve, reject) => {
            const worker = new Worker('/app.js', { type: 'module' })
            worker.addEventListener('message', (event) => resolve(event.data))
            worker.addEventListener('error', (event) => reject(new Error(event.message)))
          }),
      )
      return { page: inPage, worker: inWorker }
    } finally {
      await page.close()
      await server.stop()
    }
  }

  const expected = [{ sku: 'mug', quantity: 2 }]

  it('esbuild: it changes a document in a page and in a worker, and is small but for the WebAssembly', async () => {
    const files = await bundleByEsbuild()
    const bytes = gzipBytesOf(files)
    process.stderr.write(`a minimal app is ${bytes} bytes after gzip, without the WebAssembly\n`)
    expect(bytes).toBeLessThan(maximumGzipBytes)
    expect(await run(files)).toEqual({ page: expected, worker: expected })
  })

  it('Vite: it changes a document in a page and in a worker', async () => {
    expect(await run(await bundleByVite())).toEqual({ page: expected, worker: expected })
  })

  it('webpack: it changes a document in a page and in a worker, and is small but for the WebAssembly', async () => {
    const files = await bundleByWebpack()
    const bytes = gzipBytesOf(files)
    process.stderr.write(`by webpack it is ${bytes} bytes after gzip, without the WebAssembly\n`)
    expect(bytes).toBeLessThan(maximumGzipBytes)
    expect(await run(files)).toEqual({ page: expected, worker: expected })
  })
})
