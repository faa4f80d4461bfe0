#!/usr/bin/env node
// Starts the compiled command; says what to do where it has not been compiled.

import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'

// Libraries check more, and more slowly, where nobody says that this is no development of theirs.
process.env.NODE_ENV ??= 'production'

// A server's first busy seconds went into optimizing code, over a third of all its CPU: it runs as plain machine code at
// once, and is optimized after it was used three times as long. An engine that does not know these says so and goes on.
if (['region', 'gateway'].includes(process.argv[2])) {
  setFlagsFromString('--always-sparkplug')
  setFlagsFromString('--interrupt-budget=400000')
}

const compiled = new URL('../dist/main.js', import.meta.url)
if (existsSync(compiled)) {
  await import(compiled.href)
} else {
  process.stderr.write('causeway: it has not been built yet; run `npm run build` in the checkout first\n')
  process.exitCode = 1
}
