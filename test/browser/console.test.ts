// The gateway's two pages in a real browser: they work without the internet, and show a region that is lost.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type FakeRegion, startFakeRegion } from '@causeway/gateway/fixtures/fake-region'
import type { Gateway } from '@causeway/gateway/options'
import { startGateway } from '@causeway/gateway/server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe.skipIf(!hasChromium)('the pages of the gateway', () => {
  let browser: Browser
  let gateway: Gateway
  let regions: FakeRegion[]

  beforeAll(async () => {
    if (!existsSync(`${root}gateway/dist/console/console.js`)) {
      await promisify(execFile)(process.execPath, ['gateway/console/build.js'], { cwd: root })
    }
    regions = await Promise.all(['us-east-1', 'eu-west-1', 'ap-south-1'].map((id) => startFakeRegion(id)))
    gateway = await start()
    browser = await launchChromium()
  })

  function start(): Promise<Gateway> {
    return startGateway({
      listen: { host: '127.0.0.1', port: 0 },
      regions: regions.map(({ id, url }) => ({ id, url })),
      auth: { mode: 'development' },
    })
  }

  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
    for (const region of regions ?? []) await region.kill().catch(() => {})
  })

  /** Opens a page and collects what it must not do: ask another host, or fail. */
  async function open(path: string): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage()
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text())
    })
    page.on('request', (request) => {
      const isOwn = request.url().startsWith(gateway.url) || /^(?:data|blob):/.test(request.url())
      if (!isOwn) wrong.push(`asked ${request.url()}`)
    })
    await page.goto(`${gateway.url}${path}`)
    return { page, wrong }
  }

  it('GraphiQL answers a query and follows a subscription from its example tabs', { timeout: 120_000 }, async () => {
    const { page, wrong } = await open('/graphiql')
    const shown = (place: string) => page.locator(place).innerText()
    /** Runs the operation of a tab as a person does: opens it, sees it, presses the button. */
    const run = async (name: string, answer: string) => {
      await page.locator('.graphiql-tab-button', { hasText: name }).click()
      await expect.poll(() => shown('.graphiql-query-editor .view-lines'), { timeout: 20_000 }).toContain(name)
      await page.click('.graphiql-execute-button')
      await expect.poll(() => shown('.graphiql-response'), { timeout: 20_000 }).toContain(answer)
    }
    await page.locator('.graphiql-response .monaco-editor').waitFor({ timeout: 40_000 })
    expect(await page.locator('.graphiql-tab-button').count()).toBeGreaterThanOrEqual(5)
    await run('ReceiveStock', '"receiveStock"')
    await run('Regions', '"regionsChanged"')
    await page.click('.graphiql-execute-button')
    await page.getByRole('button', { name: /history/i }).click()
    await page.locator('.graphiql-history-item').first().waitFor()
    expect(wrong).toEqual([])
    await page.close()
  })

  it('the console shows every region, and within seconds one that is lost', async () => {
    const { page, wrong } = await open('/')
    await page.getByRole('heading', { name: 'All 3 regions serve' }).waitFor()
    expect(await page.locator('.region').count()).toBe(3)
    const conflict = page.locator('#conflicts li', { hasText: 'title of product-mug' })
    await conflict.waitFor()
    expect(await conflict.innerText()).toContain('stands: “A blue mug” (eu-west-1)')
    expect(await conflict.innerText()).toContain('beside it: “A red mug” (us-east-1)')
    const incident = page.locator('#incidents li', { hasText: 'debt in eu-west-1' })
    await incident.waitFor({ timeout: 10_000 })
    expect(await incident.innerText()).toContain('Two units of mug were sold twice.')
    expect(await incident.innerText()).toContain('incident:eu-west-1:1')
    expect(await page.locator('#incidents li').count()).toBe(1)
    expect(await page.locator('#stock').isVisible()).toBe(false)
    await page.getByLabel('SKU').fill('mug')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('1 of mug can be sold').waitFor()
    expect(await page.locator('#stock tbody tr').first().innerText()).toMatch(/^\w+-\w+-1\s+1$/)
    expect(await page.locator('#reads tr', { hasText: 'eu-west-1' }).innerText()).toMatch(
      /bounded\s+3\s+1\s+40 ms\s+90 ms/,
    )
    const snapshot = page.locator('.region', { hasText: 'Takes a snapshot of us-east-1: fetching, 5 of 12 pages' })
    expect(await snapshot.count()).toBe(1)
    await regions[2]?.kill()
    await page.getByRole('heading', { name: '2 of 3 regions serve' }).waitFor({ timeout: 5_000 })
    const lost = page.locator('.region', { hasText: 'ap-south-1' })
    expect(await lost.textContent()).toMatch(/UNREACHABLE.*refuses connections/)
    expect(await page.locator('#links').innerText()).toContain('Links to ap-south-1 are not known now')
    await page.getByRole('link', { name: 'Open GraphiQL' }).click()
    await page.locator('.graphiql-tab-button').first().waitFor({ timeout: 20_000 })
    expect(wrong).toEqual([])
    await page.close()
  })

  it('the console says that what it shows is old when the gateway is lost', async () => {
    const leaving = await start()
    const page = await browser.newPage()
    try {
      await page.goto(leaving.url)
      await page.getByRole('heading', { name: 'regions serve' }).waitFor()
    } finally {
      await leaving.close()
    }
    await page.getByRole('heading', { name: 'The gateway does not answer' }).waitFor()
    expect(await page.locator('#detail').innerText()).toMatch(/^Below is what it said last, at \d\d:\d\d:\d\d\.$/)
    await page.close()
  })

  it('on a phone nothing hangs over the edge, and an operation stands above its answer', {
    timeout: 60_000,
  }, async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    const overhang = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    await page.goto(gateway.url)
    await page.locator('#links th').first().waitFor({ state: 'attached' })
    expect(await overhang()).toBe(0)
    for (const table of await page.locator('.scroller').all())
      expect(await table.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0)
    await page.goto(`${gateway.url}/graphiql`)
    await page.locator('.graphiql-response .monaco-editor').waitFor({ timeout: 40_000 })
    expect(await overhang()).toBe(0)
    const [operation, answer] = await Promise.all(
      ['.graphiql-query-editor', '.graphiql-response'].map((place) => page.locator(place).boundingBox()),
    )
    expect(answer?.y).toBeGreaterThan((operation?.y ?? 0) + (operation?.height ?? 0) - 1)
    expect(answer?.width).toBeGreaterThan(300)
    await page.close()
  })

  it('the pages may load nothing from elsewhere', async () => {
    for (const path of ['/', '/graphiql']) {
      const response = await fetch(`${gateway.url}${path}`)
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self'/)
      expect(await response.text()).not.toMatch(/(?:src|href)="https?:/)
    }
  })
})
