// The browser that the tests drive, and whether there is one. Knows no page.

import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const executable = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Where it is missing, tests that need it are skipped, and `.ci/run` takes that for a failure. */
export const hasChromium = existsSync(executable)

if (!hasChromium) {
  process.stderr.write(`Pages are not tested: there is no Chromium at ${executable} (set CHROMIUM).\n`)
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox'] })
}
