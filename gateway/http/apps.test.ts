import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../server.ts'

async function serve(): Promise<{ readonly url: string; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-app-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    regions: [{ id: 'us-east-1', url: 'http://127.0.0.1:9' }],
    auth: { mode: 'development' },
    apps: { '/shop': folder },
  })
  onTestFinished(() => gateway.close())
  return { url: gateway.url, folder }
}

describe('an app that a gateway serves', () => {
  it('is found under its path, may run WebAssembly, and asks no other host', async () => {
    const { url, folder } = await serve()
    await writeFile(join(folder, 'index.html'), '<title>shop</title>')
    await writeFile(join(folder, 'app.js'), 'shop()')
    const page = await fetch(`${url}/shop`)
    expect(page.url).toBe(`${url}/shop/`)
    expect(await page.text()).toContain('shop')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'")
    expect(await (await fetch(`${url}/shop/app.js`)).text()).toBe('shop()')
    const console = await fetch(`${url}/`)
    expect(console.headers.get('content-security-policy')).not.toContain('wasm')
  })

  it('gives nothing outside its folder, and says where it is not built', async () => {
    const { url } = await serve()
    for (const path of ['/shop/..%2f..%2fetc%2fpasswd', '/shop/missing.js', '/shopping/'])
      expect((await fetch(url + path)).status).toBe(404)
    const page = await fetch(`${url}/shop/`)
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('npm run build')
  })
})
