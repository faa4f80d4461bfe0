// Several real pages on one storage: one sends for all, and another takes over when it is gone.

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TabPage } from './app/tab-page.ts'
import { AppServer } from './app-server.ts'
import { bundlePage } from './bundle.ts'
import { hasChromium, launchChromium } from './chromium.ts'

declare const tabPage: TabPage

describe.skipIf(!hasChromium)('several pages of one app', () => {
  let browser: Browser
  let files: ReadonlyMap<string, Uint8Array | string>
  let context: BrowserContext
  let server: AppServer

  beforeAll(async () => {
    files = await bundlePage('tab-page.ts')
    browser = await launchChromium()
  })

  beforeEach(async () => {
    server = new AppServer(files)
    await server.start()
    context = await browser.newContext()
  })

  afterEach(async () => {
    await context.close()
    await server.stop()
  })

  afterAll(() => browser?.close())

  async function open(): Promise<Page> {
    const page = await context.newPage()
    await page.goto(server.url)
    await page.waitForFunction(() => 'tabPage' in globalThis)
    return page
  }

  const receive = (page: Page, quantity: number) => page.evaluate((units) => tabPage.receive(units), quantity)
  const outcome = (page: Page, id: string) => page.evaluate((one) => tabPage.outcome(one), id)

  it('R2, R5: what every page queues is sent once, and its page hears the outcome', async () => {
    const pages = [await open(), await open(), await open()]
    const queued = pages.flatMap((page) => [1, 2, 3].map(async (units) => ({ page, id: await receive(page, units) })))
    const commands = await Promise.all(queued)
    const outcomes = await Promise.all(commands.map(({ page, id }) => outcome(page, id)))
    expect(outcomes).toEqual(commands.map(() => 'accepted'))
    expect(server.commands.map(({ key }) => key).sort()).toEqual(commands.map(({ id }) => id).sort())
    for (const page of pages) {
      await expect.poll(() => page.evaluate(() => tabPage.states())).toEqual(commands.map(() => 'settled'))
    }
  })

  it('R5: a page that leads and is closed is replaced within a second, and what it was sending is sent again, marked', async () => {
    const leader = await open()
    const follower = await open()
    let answer: () => void = () => {}
    server.beforeAnswer = () => new Promise((resolve) => (answer = resolve))
    const sending = await receive(leader, 1)
    const waiting = await receive(follower, 2)
    await expect.poll(() => server.commands.length).toBe(1)
    server.beforeAnswer = async () => {}
    const closedAt = performance.now()
    await leader.close()
    expect(await outcome(follower, sending)).toBe('accepted')
    expect(performance.now() - closedAt).toBeLessThan(1_000)
    expect(await outcome(follower, waiting)).toBe('accepted')
    answer()
    expect(server.commands).toEqual([
      { key: sending, resent: false },
      { key: sending, resent: true },
      { key: waiting, resent: false },
    ])
  })

  it('R1: after all pages are closed, the next visit goes on with what they left', async () => {
    const first = await open()
    server.beforeAnswer = () => new Promise(() => {})
    const id = await receive(first, 1)
    await expect.poll(() => server.commands.length).toBe(1)
    await first.close()
    server.beforeAnswer = async () => {}
    const second = await open()
    expect(await outcome(second, id)).toBe('accepted')
    expect(server.commands.map(({ key }) => key)).toEqual([id, id])
  })
})
