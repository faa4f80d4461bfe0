// Bundles the two pages as apps are bundled, from the built packages, and serves them on the loopback: isolated, so that a browser
// lets them measure their memory. The products that RxDB takes are served beside them, ready as JSON.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { productIdOf, skuOf } from '../../shop.ts'

const entries = {
  sdk: fileURLToPath(new URL('./sdk-page.ts', import.meta.url)),
  rxdb: fileURLToPath(new URL('../rxdb/rxdb-page.js', import.meta.url)),
}
export type Side = keyof typeof entries

const wasm = new URL(import.meta.resolve('@automerge/automerge/automerge.wasm'))
const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
}
const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' }

export interface PageServer {
  readonly url: string
  stop(): Promise<void>
}

async function bundle(side: Side): Promise<[string, Uint8Array | string][]> {
  const { outputFiles } = await build({
    ...{ entryPoints: { [side]: entries[side] }, outdir: '/', write: false, bundle: true, minify: true, format: 'esm' },
    ...{ splitting: true, chunkNames: `${side}-[hash]`, target: 'es2022', logLevel: 'error' },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const page = `<!doctype html><title>${side}</title><script type="module" src="/${side}.js"></script>`
  return [[`/${side}.html`, page], ...outputFiles.map(({ path, contents }): [string, Uint8Array] => [path, contents])]
}

/** What `stockShop` makes of the region's products. */
function productOf(index: number): object {
  const price = { amount: '12.50', currencyCode: 'GBP' }
  const variants = [{ sku: skuOf(index), title: 'one', price }]
  return { id: productIdOf(index), title: `Product ${index}`, variants }
}

export async function servePages(sides: readonly Side[], documents: number): Promise<PageServer> {
  const files = new Map((await Promise.all(sides.map(bundle))).flat())
  files.set('/automerge.wasm', await readFile(wasm))
  const products = Array.from({ length: documents }, (_, index) => JSON.stringify(productOf(index)))
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page')
    if (pathname === '/products') {
      const start = Number(searchParams.get('start'))
      const asked = products.slice(start, start + Number(searchParams.get('limit')))
      response.writeHead(200, { ...isolated, 'content-type': 'application/json' }).end(`[${asked.join(',')}]`)
      return
    }
    const content = files.get(pathname)
    if (content === undefined) return void response.writeHead(404, isolated).end()
    const type = types[pathname.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
    response.writeHead(200, { ...isolated, 'content-type': type }).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
