// The example shop as people use it, in a real browser, against real regions: online, offline, on two devices, in two pages.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium, launchChromium } from './chromium.ts'
import { Storefront, shoppers } from './storefront.testing.ts'

const axeScript = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

describe.skipIf(!hasChromium)('the storefront', { timeout: 60_000 }, () => {
  let browser: Browser
  let shop: Storefront
  const contexts: BrowserContext[] = []
  const free = [...shoppers]

  beforeAll(async () => {
    const [opened, launched] = await Promise.all([Storefront.open(), launchChromium()])
    shop = opened
    browser = launched
  })

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
  })

  afterAll(async () => {
    await browser?.close()
    await shop?.close()
  })

  /** A device with nothing on it yet. */
  async function device(): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1_000, height: 800 } })
    context.setDefaultTimeout(10_000)
    contexts.push(context)
    return context
  }

  function shopper(): string {
    const id = free.shift()
    if (id === undefined) throw new Error('there are no more shoppers')
    return id
  }

  async function visit(context: BrowserContext, query: string, page = 'shop'): Promise<Page> {
    const opened = await context.newPage()
    await opened.goto(`${shop.url}?${query}#${page}`)
    await opened.locator('.masthead').waitFor()
    return opened
  }

  const add = (page: Page, title: string) => page.getByRole('button', { name: `Add to cart: ${title}` }).click()
  const go = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name }).click()
  const offlineSwitch = (page: Page) => page.getByRole('switch', { name: 'Offline' })
  const setAside = async (page: Page, title: string, units: number) => {
    await page.getByRole('combobox', { name: 'Goods' }).selectOption({ label: title })
    await page.getByLabel('Units').fill(String(units))
    await page.getByRole('button', { name: 'Set aside' }).click()
  }
  const tillKey = (page: Page, title: string) => page.locator('.key', { hasText: title })
  const standing = (page: Page) => page.getByRole('status').innerText()
  const inCart = async (page: Page) => {
    const lines = await page.locator('.lines li').allInnerTexts()
    return lines
      .map((line) => line.split('\n').slice(0, 3).join(' ').replaceAll(/[−+]/g, '').trim().replaceAll(/\s+/g, ' '))
      .sort()
  }

  it('a shopper buys online: the order is placed, and what is left is fewer everywhere', async () => {
    const page = await visit(await device(), `user=${shopper()}`)
    const before = await shop.available('mug')
    await add(page, 'Speckled mug')
    await page.getByText('1 in cart').waitFor()
    await add(page, 'Speckled mug')
    await page.getByText('2 in cart').waitFor()
    await go(page, 'Cart')
    await page.getByText('£25.00').first().waitFor()
    await page.getByRole('button', { name: 'Place order' }).click()
    await page.getByText('2 × Speckled mug').waitFor()
    await page.locator('.stage', { hasText: 'Placed' }).waitFor()
    await expect.poll(() => shop.available('mug')).toBe(before - 2)
    await go(page, 'Shop')
    await page
      .locator('.card', { hasText: 'Speckled mug' })
      .getByText(`${before - 2} left`)
      .waitFor()
  })

  it('R1, R2: cut off, a till sells and a shopper fills a cart; both survive a reload, and all is sent once the shop is back', async () => {
    const context = await device()
    const query = `user=${shopper()}`
    const page = await visit(context, query)
    await page.evaluate(() => navigator.serviceWorker.ready)
    await page.locator('.card').first().waitFor()
    await go(page, 'Till')
    const before = await shop.available('pen')
    await shop.goDark()
    await expect.poll(() => standing(page)).toContain('Looking for the shop')
    await page.locator('.key', { hasText: 'Brass pen' }).click()
    await page.getByRole('button', { name: 'Sell' }).click()
    await page.locator('.stage', { hasText: 'Waits to be sent' }).waitFor()
    await go(page, 'Shop')
    await add(page, 'Harbour print')
    await page.getByText('1 in cart').waitFor()
    await page.reload()
    await page.getByText('1 in cart').waitFor()
    await go(page, 'Till')
    await page.locator('.stage', { hasText: 'Waits to be sent' }).waitFor()
    expect(await standing(page)).toMatch(/changes? waits?/)
    await shop.comeBack()
    await page.locator('.stage', { hasText: 'Placed' }).waitFor({ timeout: 20_000 })
    await expect.poll(() => standing(page), { timeout: 20_000 }).toMatch(/^Online · [a-z0-9-]+$/)
    expect(await shop.available('pen')).toBe(before - 1)
  })

  it('S6: what is set aside for a till it sells cut off from the shop, through a reload; others cannot have it, and the rest goes back', async () => {
    const page = await visit(await device(), `user=${shopper()}&device=till`, 'till')
    await page.evaluate(() => navigator.serviceWorker.ready)
    const before = await shop.available('pen')
    await tillKey(page, 'Brass pen').waitFor()
    await setAside(page, 'Brass pen', 5)
    await tillKey(page, 'Brass pen').getByText('5 set aside here').waitFor()
    expect(await shop.available('pen')).toBe(before - 5)
    await shop.goDark()
    await expect.poll(() => standing(page)).toContain('Looking for the shop')
    await tillKey(page, 'Brass pen').click()
    await tillKey(page, 'Brass pen').click()
    await page.getByText('All of this is set aside here: the sale stands.').waitFor()
    await page.getByRole('button', { name: 'Sell' }).click()
    await page.locator('.stage', { hasText: 'Sold, not sent yet' }).waitFor()
    await page.reload()
    await tillKey(page, 'Brass pen').getByText('3 set aside here').waitFor()
    await tillKey(page, 'Speckled mug').click()
    await page.getByText('Not set aside here: Speckled mug.').waitFor()
    await shop.comeBack()
    await page.locator('.stage', { hasText: 'Placed' }).waitFor({ timeout: 20_000 })
    expect(await shop.available('pen')).toBe(before - 5)
    await page.getByRole('button', { name: 'Give back: Brass pen' }).click()
    await expect.poll(() => shop.available('pen'), { timeout: 20_000 }).toBe(before - 2)
    await expect.poll(() => page.getByRole('button', { name: 'Give back: Brass pen' }).count()).toBe(0)
    await setAside(page, 'Brass pen', 900)
    await page.getByRole('alert').getByText('There are not so many of Brass pen left.').waitFor()
  })

  it('S6, R5: two pages of one till sell in turn from one lease, each its own units', async () => {
    const context = await device()
    const query = `user=${shopper()}&device=till`
    const pages = [await visit(context, query, 'till'), await visit(context, query, 'till')] as const
    await setAside(pages[1], 'Brass pen', 4)
    for (const page of pages) await tillKey(page, 'Brass pen').getByText('4 set aside here').waitFor()
    await offlineSwitch(pages[0]).click()
    for (const [seller, left] of [
      [pages[0], 3],
      [pages[1], 2],
      [pages[0], 1],
    ] as const) {
      await tillKey(seller, 'Brass pen').click()
      await seller.getByText('All of this is set aside here').waitFor()
      await seller.getByRole('button', { name: 'Sell' }).click()
      for (const page of pages) await tillKey(page, 'Brass pen').getByText(`${left} set aside here`).waitFor()
      await expect.poll(() => seller.locator('.receipt output').count()).toBe(0)
    }
    await offlineSwitch(pages[0]).click()
    for (const page of pages) await page.locator('.stage', { hasText: 'Placed' }).first().waitFor({ timeout: 15_000 })
    for (const page of pages) expect(await page.locator('.notice').count()).toBe(0)
    await pages[0].getByRole('button', { name: 'Give back: Brass pen' }).click()
    for (const page of pages)
      await expect.poll(() => page.getByRole('button', { name: /Give back/ }).count(), { timeout: 15_000 }).toBe(0)
  })

  it('R5: two pages of one device show the same, and when one is closed the other goes on', async () => {
    const context = await device()
    const query = `user=${shopper()}`
    const first = await visit(context, query)
    const second = await visit(context, query)
    await add(second, 'Brass pen')
    await first.getByText('1 in cart').waitFor()
    await first.close()
    await go(second, 'Cart')
    await second.getByRole('button', { name: 'Place order' }).click()
    await second.locator('.stage', { hasText: 'Placed' }).waitFor()
  })

  it('two devices change one cart while offline, and come to hold the same one', async () => {
    const query = `user=${shopper()}`
    const phone = await visit(await device(), query)
    const desk = await visit(await device(), query)
    await add(phone, 'Speckled mug')
    await desk.getByText('1 in cart').waitFor()
    await offlineSwitch(phone).click()
    await offlineSwitch(desk).click()
    await add(phone, 'Speckled mug')
    await phone.getByText('2 in cart').waitFor()
    await add(phone, 'Harbour print')
    await add(desk, 'Speckled mug')
    await desk.getByText('2 in cart').waitFor()
    await add(desk, 'Speckled mug')
    await desk.getByText('3 in cart').waitFor()
    await add(desk, 'Brass pen')
    await go(phone, 'Cart')
    await go(desk, 'Cart')
    await expect.poll(() => inCart(phone)).toEqual(['Harbour print 1', 'Speckled mug 2'])
    await offlineSwitch(phone).click()
    await offlineSwitch(desk).click()
    // Both goods stay; of the two numbers the later one stands, and it is the same on both.
    const both = ['Brass pen 1', 'Harbour print 1', 'Speckled mug 3']
    await expect.poll(() => inCart(desk), { timeout: 15_000 }).toEqual(both)
    await expect.poll(() => inCart(phone), { timeout: 15_000 }).toEqual(both)
  })

  it('R3: an order for more than there is is refused: the shopper is told, and may take the goods back into the cart', async () => {
    const page = await visit(await device(), `user=${shopper()}`)
    for (let count = 1; count <= 5; count += 1) {
      await add(page, 'Harbour print')
      await page.getByText(`${count} in cart`).waitFor()
    }
    await go(page, 'Cart')
    await page.getByRole('button', { name: 'Place order' }).click()
    await page.getByRole('heading', { name: 'Your order could not be placed' }).waitFor({ timeout: 15_000 })
    expect(await page.locator('.notice').innerText()).toContain('5 × Harbour print: there is not enough')
    await page.getByRole('button', { name: 'Put back in cart' }).click()
    await expect.poll(() => page.locator('.notice').count()).toBe(0)
    await go(page, 'Cart')
    await expect.poll(() => inCart(page)).toEqual(['Harbour print 5'])
    await go(page, 'Orders')
    await page.getByText('None yet.').waitFor()
  })

  it('everything can be reached and used by the keyboard', async () => {
    const page = await visit(await device(), `user=${shopper()}`)
    await page.locator('.card').first().waitFor()
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent)
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 40 && (await focused()) !== name; presses += 1) await page.keyboard.press('Tab')
      expect(await focused()).toBe(name)
    }
    await tabTo('Offline')
    await page.keyboard.press('Space')
    await expect.poll(() => standing(page)).toContain('Offline')
    await page.keyboard.press('Space')
    await expect.poll(() => standing(page)).toContain('Online')
    await tabTo('Add to cart: Speckled mug')
    await page.keyboard.press('Enter')
    await page.getByText('1 in cart').waitFor()
  })

  it('no page has a barrier that axe knows of, and on a phone nothing hangs over the edge', async () => {
    const context = await device()
    const page = await visit(context, `user=${shopper()}`)
    // By the debugger, which the page's own policy does not bind.
    await page.evaluate(await readFile(axeScript, 'utf8'))
    await add(page, 'Speckled mug')
    await go(page, 'Till')
    await setAside(page, 'Brass pen', 1)
    await page.getByRole('button', { name: 'Give back: Brass pen' }).waitFor()
    for (const name of ['Shop', 'Cart', 'Orders', 'Till']) {
      await go(page, name)
      for (const width of [1_000, 390]) {
        await page.setViewportSize({ width, height: 800 })
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
        expect(await barriers(page)).toEqual([])
      }
    }
  }, 120_000)
})

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

declare const axe: { run(): Promise<AxeResults> }

async function barriers(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() => axe.run())
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}
