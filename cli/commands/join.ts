// `causeway join ID`: waits until a region that was put into the configuration holds what the others hold. A region joins by
// itself once all are started with a configuration that names it; a retired one never does, and is told what to do instead.

import { setTimeout as pause } from 'node:timers/promises'
import { eventsBehind, mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import { counted } from '@causeway/schema/counted'
import type { Command } from 'commander'
import { fetchRegions, type RegionReport } from '../api/regions.ts'
import { Failure } from '../failure.ts'
import { numberBetween, type SystemOptions, withClient, withSystemOptions } from './shared.ts'

interface JoinOptions extends SystemOptions {
  readonly timeout: number
}

const everyMs = 500

const howTo =
  'To add a region, put it into "regions" of the configuration under an id that was never retired, with an empty database, and start all ' +
  'regions and gateways with that.'

export function addJoinCommand(program: Command): void {
  const command = program
    .command('join')
    .argument('<region>', 'the region that was put into the configuration')
    .description('wait until a new region holds what the others hold, and say so')
  withSystemOptions(command)
    .option('--timeout <s>', 'how long to wait, in seconds', numberBetween(1, 86_400), 600)
    .action(async (region: string, options: JoinOptions) => {
      await withClient(options, async (client) => {
        const until = performance.now() + options.timeout * 1_000
        let said = ''
        // As of the first look: under load nobody holds at every moment what the others have just written.
        let goal: VersionVector | null = null
        for (;;) {
          const regions = await fetchRegions(client)
          goal ??= heldByOthers(regions, region)
          const standing = standingOf(regions, region, goal)
          if (standing.has === 'joined') break
          if (standing.reason !== said) process.stdout.write(`${region}: ${standing.reason}\n`)
          said = standing.reason
          if (performance.now() > until)
            throw new Failure(`${region} has not joined after ${options.timeout} s; it goes on by itself: ${said}`)
          await pause(everyMs)
        }
        process.stdout.write(`${region} has joined: it holds what the others hold, and sells\n`)
      })
    })
}

export type Standing = { readonly has: 'joined' } | { readonly has: 'to wait'; readonly reason: string }

type Report = Pick<RegionReport, 'id' | 'state' | 'reason' | 'frontier'>

export function heldByOthers(regions: readonly Report[], id: string): VersionVector {
  const others = regions.filter((one) => one.id !== id && one.state !== 'RETIRED')
  return others.reduce<VersionVector>((all, { frontier }) => mergeVectors(all, frontier ?? {}), {})
}

/** `goal`: what it has to hold. Throws Failure where waiting is of no use. */
export function standingOf(regions: readonly Report[], id: string, goal: VersionVector): Standing {
  const region = regions.find((one) => one.id === id)
  if (region === undefined)
    throw new Failure(`no region ${id} is configured; there are ${regions.map((one) => one.id).join(', ')}. ${howTo}`)
  if (region.state === 'RETIRED')
    throw new Failure(`${id} is retired for good: all others have agreed on the end of its log. ${howTo}`)
  if (region.frontier === null) return { has: 'to wait', reason: `cannot be asked: ${region.reason}` }
  const behind = eventsBehind(region.frontier, goal)
  if (behind > 0) return { has: 'to wait', reason: `${counted(behind, 'event')} behind` }
  return region.state === 'HEALTHY'
    ? { has: 'joined' }
    : { has: 'to wait', reason: `${region.state}: ${region.reason}` }
}
