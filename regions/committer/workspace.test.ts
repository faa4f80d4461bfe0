// A command that hangs on another commit being stable.

import type { Head, Loaded } from '@causeway/db/store'
import { makeOrigin } from '@causeway/schema/clock/origin'
import { accept, type CommandDefinition, type CommitPlace, noReads, refuse } from '@causeway/schema/documents/command'
import { smallCheck } from '@causeway/schema/documents/testing/small-device'
import { noFences } from '@causeway/schema/fence/fence-log'
import { expect, it } from 'vitest'
import { standingOf } from '../recovery/standing.ts'
import { regionPrincipal } from './executor.ts'
import type { PendingCommand } from './pending.ts'
import { Workspace } from './workspace.ts'

const at = (origin: string, wallMs: number): CommitPlace => ({ origin, time: { wallMs, counter: 0 } })
const end = at('us', 7)

const waiting: CommandDefinition<unknown> = {
  name: 'wait',
  parse: (input) => ({ input }),
  reads: () => noReads,
  run: ({ isStable }) =>
    isStable(end)
      ? accept({ result: {} })
      : { ...refuse({ code: 'LEASE_EXPIRED', message: 'not yet' }), passing: 'pending', until: [end] },
}

const pending: PendingCommand = {
  ...{ definition: waiting, input: {}, principal: regionPrincipal, commandId: 'c', inputDigest: '' },
  ...{ key: null, naturalKey: null, resent: false, final: true, settles: null },
}

function workspaceOf(incarnation: number): Workspace {
  const origin = makeOrigin('eu', incarnation)
  const head: Partial<Head> = { region: 'eu', origin, sequence: 0, frontier: {}, fences: noFences, chainHashes: {} }
  const standing = standingOf(['ap', 'eu', 'us'], head as Head)
  const loaded: Loaded = { documents: [], ids: [], aliases: [], stock: [], outcomes: [], bytes: [] }
  return new Workspace({ ...standing, time: end.time, leaseCheck: smallCheck, operators: null }, loaded, [])
}

it('S6: it is decided once the very commit that it waits for was found to be stable, and says for which it waits until then', () => {
  const workspace = workspaceOf(1)
  expect(workspace.run(pending)).toEqual({ status: 'pending', until: [end] })
  for (const other of [at('us', 8), at('ap', 7)])
    expect(workspace.run({ ...pending, stable: other })).toMatchObject({ status: 'pending' })
  expect(workspace.run({ ...pending, stable: at('us', 7) })).toMatchObject({ status: 'accepted' })
})

it('W8 S6: a restored region that does not hold again what it had shown others takes nothing to be stable for good', () => {
  expect(workspaceOf(2).run({ ...pending, stable: end })).toEqual({ status: 'pending', until: [end] })
})
