#!/usr/bin/env node
// Starts the compiled command; says what to do where it has not been compiled.

import { existsSync } from 'node:fs'

// Libraries check more, and more slowly, where nobody says that this is no development of theirs.
process.env.NODE_ENV ??= 'production'

const compiled = new URL('../dist/main.js', import.meta.url)
if (existsSync(compiled)) {
  await import(compiled.href)
} else {
  process.stderr.write('causeway: it has not been built yet; run `npm run build` in the checkout first\n')
  process.exitCode = 1
}
