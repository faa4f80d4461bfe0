// The gateway's own subgraph: `regions` and `regionsChanged`, from its health state joined with what each region last
// said of itself. Asks nobody anything.

import { putOffWords } from '@causeway/schema/fence/put-off'
import type { Json } from '@causeway/schema/json'
import { federationDirectivesSdl } from '@causeway/schema/sdl/common'
import { clusterSdl } from '@causeway/schema/sdl/operations'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { ExecutionRequest, ExecutionResult } from '@graphql-tools/utils'
import { execute, type GraphQLSchema, subscribe } from 'graphql'
import type { Fleet, FleetRegion, Retirement } from '../routing/fleet.ts'
import { shownHealth } from '../routing/shown.ts'

/** Latency and lag change with every probe: subscribers hear of them this often at most, of a state at once. */
export const calmMs = 1_000

export interface RegionView {
  readonly id: string
  readonly state: string
  readonly reason: string
  readonly latencyMs: number
  readonly errorRate: number
  readonly replication: readonly object[] | null
  readonly digest: string | null
  readonly frontier: object | null
  readonly stableFrontier: Json
  readonly history: Json
  readonly divergence: Json
  readonly reads: Json
  readonly snapshot: Json
  readonly restoration: Json
  readonly openIncidents: Json
  readonly operatorKeys: Json
}

function viewRegion(region: FleetRegion, fleet: Fleet): RegionView {
  const { health, word } = region
  const { state, reason } = shownHealth(region, fleet)
  const retirement = fleet.retirementOf(region.id)
  return {
    id: region.id,
    state,
    reason: retirement === null ? reason : `${leavingWords(retirement)}${reason}`,
    latencyMs: Math.round(health.latencyMs * 100) / 100,
    errorRate: Math.round(health.errorRate * 10_000) / 10_000,
    replication: word?.replication ?? null,
    digest: word?.digest ?? null,
    frontier: word?.frontier ?? null,
    stableFrontier: word?.stableFrontier ?? null,
    history: word?.history ?? null,
    divergence: word?.divergence ?? null,
    reads: word?.reads ?? null,
    snapshot: word?.snapshot ?? null,
    restoration: word?.restoration ?? null,
    openIncidents: word?.openIncidents ?? null,
    operatorKeys: word?.operatorKeys ?? null,
  }
}

function leavingWords({ waitsFor, putOffs }: Retirement): string {
  const why = putOffs.map(({ by, putOff }) => `${putOffWords(by, putOff)}; `)
  return `it is being retired, which waits for ${waitsFor.join(', ') || 'nobody'}; ${why.join('')}`
}

function viewAll(fleet: Fleet): readonly RegionView[] {
  return fleet.all().map((region) => viewRegion(region, fleet))
}

export function makeClusterSchema(fleet: Fleet): GraphQLSchema {
  const plain = clusterSdl.replace(/extend schema[^\n]*\n/, '')
  return makeExecutableSchema({
    typeDefs: [federationDirectivesSdl, 'type Query\ntype Subscription', plain],
    resolvers: {
      Query: { regions: () => viewAll(fleet) },
      Subscription: {
        regionsChanged: {
          subscribe: (_: unknown, _args: object, leaving: AbortSignal) => watchRegions(fleet, leaving),
          resolve: (regions: readonly RegionView[]) => regions,
        },
      },
    },
  })
}

/**
 * The state now, then each change of it, until `leaving` aborts. A slow reader misses steps in between, never the newest.
 * Ended by the signal, for nobody can end a generator that waits: where nothing changes it would wait for ever.
 */
export async function* watchRegions(fleet: Fleet, leaving: AbortSignal): AsyncGenerator<readonly RegionView[]> {
  let wake: () => void = () => {}
  const onLeave = () => wake()
  leaving.addEventListener('abort', onLeave)
  let changedState = false
  const unlisten = fleet.listen((after, before) => {
    if (after.health.state !== before.health.state) changedState = true
    wake()
  })
  try {
    let last = ''
    while (!leaving.aborted) {
      changedState = false
      const now = viewAll(fleet)
      const text = JSON.stringify(now)
      if (text !== last) {
        last = text
        yield now
      }
      await calm(
        () => changedState || leaving.aborted,
        (call) => {
          wake = call
        },
      )
    }
  } finally {
    unlisten()
    leaving.removeEventListener('abort', onLeave)
  }
}

/** Until the calm is over, or it is urgent: a region's state changes, or the reader leaves. */
function calm(isUrgent: () => boolean, onWake: (call: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (isUrgent()) return resolve()
    const timer = setTimeout(resolve, calmMs)
    onWake(() => {
      if (!isUrgent()) return
      clearTimeout(timer)
      resolve()
    })
  })
}

/** `reflects` is called with each answer: what the regions last said is what it shows. `leaving` ends a subscription. */
export async function executeInCluster(
  schema: GraphQLSchema,
  request: ExecutionRequest,
  reflects: () => void,
  leaving: AbortSignal,
): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
  const args = { schema, document: request.document, variableValues: request.variables, contextValue: leaving }
  if (request.operationType !== 'subscription') {
    reflects()
    return await execute(args)
  }
  const answers = await subscribe(args)
  return Symbol.asyncIterator in answers ? withEach(answers, reflects) : answers
}

async function* withEach(
  answers: AsyncGenerator<ExecutionResult>,
  reflects: () => void,
): AsyncGenerator<ExecutionResult> {
  for await (const answer of answers) {
    reflects()
    yield answer
  }
}
