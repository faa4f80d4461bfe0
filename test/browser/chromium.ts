// The browser that the tests drive, and whether there is one. Knows no page.

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

const executable = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Where it is missing, tests that need it are skipped, and `.ci/run` takes that for a failure. */
export const hasChromium = existsSync(executable)

if (!hasChromium) {
  process.stderr.write(`Pages are not tested: there is no Chromium at ${executable} (set CHROMIUM).\n`)
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox'] })
}

/** A browser of its own whose profile lies in `directory`: started again, it has what was stored. Closing the context ends it. */
export function launchProfile(directory: string): Promise<BrowserContext> {
  // Memory is measured when a page asks, not when it next happens to be collected.
  const args = ['--no-sandbox', '--enable-blink-features=ForceEagerMeasureMemory']
  return chromium.launchPersistentContext(directory, { executablePath: executable, args })
}
