// Pure decision, thin driver: the cores read no clock, roll no dice, start no timer and open nothing. The drivers get
// clock, randomness and timers as ports; only what composes a process binds the real ones.

import { describe, expect, it } from 'vitest'
import { codeOf, linesMatching, type SourceFile, sources } from './sources.ts'

/** Files, or folders ending in a slash, that decide and do nothing else. */
const pureCores = [
  'schema/',
  'regions/replication/causal-gate.ts',
  'regions/replication/receiving/link-receiver.ts',
  'regions/replication/sending/outbox.ts',
  'regions/settlement/stability.ts',
  'gateway/routing/budget.ts',
  'gateway/routing/choose.ts',
  'gateway/routing/health.ts',
  'client/answer.ts',
  'client/backoff.ts',
  'client/operations.ts',
  'client/changes.ts',
  'client/outbox/acknowledged.ts',
  'client/outbox/concerns.ts',
  'client/outbox/departures.ts',
  'client/outbox/outbox.ts',
  'client/region-clock.ts',
  'client/replica/',
  'client/sync/scopes.ts',
  'client/workbench.ts',
  'regions/device-sync/watch-list.ts',
]

/** Where the real clock, dice and timers are bound, and why there. */
const binders: Readonly<Record<string, string>> = {
  'client/ports.ts': 'an app composes the SDK in a browser, where no command line does it',
}

const clocksAndDice = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /(?<![.\w])Date\(\s*\)/,
  /\bperformance\.now\b/,
  /\bMath\.random\b/,
  /\brandomUUID\b|\bgetRandomValues\b|\brandomBytes\b/,
  /(?<![.\w])(?:setTimeout|setInterval|setImmediate)\b/,
]

const world = [/\bprocess\.(?!stdout\b)/, /(?<![.\w])fetch\(/, /\bnew WebSocket\(/, /\bconsole\./, /\bawait\b/]

function isPure(file: SourceFile): boolean {
  return (
    !file.isTest && pureCores.some((core) => (core.endsWith('/') ? file.path.startsWith(core) : file.path === core))
  )
}

function found(files: readonly SourceFile[], patterns: readonly RegExp[]): string[] {
  return files.flatMap((file) => patterns.flatMap((pattern) => linesMatching(file, codeOf(file.text), pattern)))
}

describe('pure cores', () => {
  it('every listed core exists', () => {
    const missing = pureCores.filter(
      (core) => !sources.some((file) => file.path === core || (core.endsWith('/') && file.path.startsWith(core))),
    )
    expect(missing).toEqual([])
  })

  it('read no clock, roll no dice, start no timer', () => {
    expect(found(sources.filter(isPure), clocksAndDice)).toEqual([])
  })

  it('open nothing and wait for nothing', () => {
    expect(found(sources.filter(isPure), world)).toEqual([])
  })

  // The gateway and the embedded Postgres drive real processes and sockets and are not run in virtual time.
  it('what is simulated in virtual time gets clock, dice and timers as ports', () => {
    const drivers = sources.filter(
      (file) => !file.isTest && ['regions', 'client'].includes(file.room) && !(file.path in binders),
    )
    expect(found(drivers, clocksAndDice)).toEqual([])
  })

  it('a binder that is listed still binds something', () => {
    const idle = Object.keys(binders).filter(
      (path) =>
        found(
          sources.filter((file) => file.path === path),
          clocksAndDice,
        ).length === 0,
    )
    expect(idle).toEqual([])
  })
})
