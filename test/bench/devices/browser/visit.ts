// One visit: a browser that is started for it, with a profile in a folder, one page, one task. The next visit with the same folder
// finds what this one has stored. Knows no database.

import { readFile } from 'node:fs/promises'
import type { BrowserContext } from 'playwright-core'
import { launchProfile } from '../../../browser/chromium.ts'
import type { Side } from './page-server.ts'
import type { PageFigures, PageSize, PageTask } from './page-task.ts'

declare const benchPage: { readonly figures: Promise<PageFigures>; size(): Promise<PageSize> }

/** A slow machine needs a while for ten thousand documents. */
const maximumMs = 300_000

export interface Visit extends PageFigures, PageSize {
  /** Of the process that runs the page, at its highest, Chromium's own code included; null where no /proc tells it. */
  readonly processBytes: number | null
}

export async function visit(url: string, side: Side, profile: string, task: PageTask): Promise<Visit> {
  const browser = await launchProfile(profile)
  let late: NodeJS.Timeout | undefined
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(maximumMs)
    const broken = new Promise<never>((_, reject) => {
      page.on('pageerror', (error) => reject(error))
      late = setTimeout(
        () => reject(new Error(`${side} took longer than ${maximumMs / 1_000} s to ${task.do}`)),
        maximumMs,
      )
    })
    broken.catch(() => {})
    const work = async () => {
      await page.goto(`${url}/${side}.html#${encodeURIComponent(JSON.stringify(task))}`)
      await page.waitForFunction(() => 'benchPage' in globalThis)
      const figures = await page.evaluate(() => benchPage.figures)
      const size = await page.evaluate(() => benchPage.size())
      return { ...figures, ...size, processBytes: await largestPageBytes(browser) }
    }
    return await Promise.race([work(), broken])
  } finally {
    clearTimeout(late)
    await browser.close()
  }
}

/** A browser keeps a process or two ready for pages to come: ours is the largest. */
async function largestPageBytes(browser: BrowserContext): Promise<number | null> {
  const developer = await browser.browser()?.newBrowserCDPSession()
  const { processInfo = [] } = (await developer?.send('SystemInfo.getProcessInfo')) ?? {}
  const pages = processInfo.filter(({ type }) => type === 'renderer')
  const highest = await Promise.all(
    pages.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
      return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
    }),
  )
  return Math.max(0, ...highest) || null
}
