// Bundles a page's script from the sources, as fast as may be: for tests of what the page does, not of how it is bundled.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** `script` is a file of app/. */
export async function bundlePage(script: string): Promise<ReadonlyMap<string, Uint8Array | string>> {
  const entry = fileURLToPath(new URL(`./app/${script}`, import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    splitting: true,
    outdir: '/',
    entryNames: 'page',
    conditions: ['source'],
    target: 'es2022',
    logLevel: 'error',
  })
  const files = new Map<string, Uint8Array | string>(outputFiles.map(({ path, contents }) => [path, contents]))
  return files.set('/', '<!doctype html><title>page</title><script type="module" src="/page.js"></script>')
}
