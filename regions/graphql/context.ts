// What the resolvers of one request share: who asks, what was asked for in headers, the loaders, the one moment that they
// all read (decision 0035), how far the answer reaches in the log, and how much it may still cost.

import type { Moment, StoreView } from '@causeway/db/views'
import { mergeVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Principal } from '@causeway/schema/documents/command'
import type { Clock, Timers } from '../ports.ts'
import type { Region } from '../region.ts'
import { becomeFresh, type ReadListener } from './consistency.ts'
import { apiError } from './errors.ts'
import { Loaders } from './loaders.ts'
import type { RequestOptions } from './request.ts'

export interface ServingPorts {
  readonly clock: Clock
  readonly timers: Timers
}

/** How a command went: for metrics. `outcome` is accepted, refused, pending or failed. */
export type CommandListener = (command: string, outcome: string, durationMs: number) => void

/** Rows that the lists of one request may give in all: nested lists multiply, and this is where it stops. */
export const maximumRowsPerRequest = 20_000

export interface ContextSetting {
  readonly region: Region
  readonly ports: ServingPorts
  readonly principal: Principal
  readonly options: RequestOptions
  readonly onCommand: CommandListener
  readonly onRead: ReadListener
}

interface State {
  reflects: VersionVector
  rowsLeft: number
  /** What is read now; null before the first read, and after a command. */
  view: StoreView | null
  /** Of the views that were left. */
  readonly moments: Promise<Moment>[]
  settled: boolean
}

export class RequestContext {
  readonly region: Region
  readonly ports: ServingPorts
  readonly principal: Principal
  readonly options: RequestOptions
  readonly loaders: Loaders
  readonly onCommand: CommandListener
  // Not #private: Apollo's server copies the context, and a copy would lack what is behind #.
  private readonly setting: ContextSetting
  private readonly state: State

  constructor(setting: ContextSetting) {
    this.setting = setting
    this.region = setting.region
    this.ports = setting.ports
    this.principal = setting.principal
    this.options = setting.options
    this.onCommand = setting.onCommand
    this.loaders = new Loaders((request) => this.view.load(request))
    // What is answered without a read reflects at least this; a view that is opened later holds it, too.
    this.state = {
      reflects: setting.region.frontier(),
      rowsLeft: maximumRowsPerRequest,
      view: null,
      moments: [],
      settled: false,
    }
  }

  /** The moment that the request reads: the same for all of its fields, up to the next command. Ended by `settling`. */
  get view(): StoreView {
    if (this.state.settled) throw new Error('the request has been answered: nothing is read for it any more')
    this.state.view ??= this.region.store.view()
    return this.state.view
  }

  /** How much of the log the answer reflects: of a query, exactly this, once it is settled. */
  get reflects(): VersionVector {
    return this.state.reflects
  }

  /** Before a command runs: what it waits for is not waited for with a view in hand. */
  leaveView(): void {
    const { view, moments } = this.state
    if (view === null) return
    moments.push(view.moment)
    this.state.view = null
    view.end()
  }

  /** The answer now reflects a write of its own, too; what was loaded before is forgotten. */
  wrote(token: VersionVector): void {
    this.state.reflects = mergeVectors(this.state.reflects, token)
    this.leaveView()
    this.loaders.forget()
  }

  /** Runs what answers the request; after it nothing is read for it any more. */
  async settling<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await run()
    } finally {
      await this.settle()
    }
  }

  /** After everything is read: lets go of the view, and lets `reflects` cover what was read. */
  private async settle(): Promise<void> {
    this.leaveView()
    this.state.settled = true
    // A view that could not be opened has shown nothing, and whoever read it has failed.
    for (const read of await Promise.allSettled(this.state.moments))
      if (read.status === 'fulfilled') this.state.reflects = mergeVectors(this.state.reflects, read.value.frontier)
  }

  /** Staff and operators see everything; customers and devices what is theirs. */
  get isStaff(): boolean {
    return this.principal.roles.includes('staff') || this.principal.roles.includes('operator')
  }

  /** Whether what belongs to `owner` may be shown. */
  sees(owner: string | null): boolean {
    return this.isStaff || (owner !== null && owner === this.principal.subject)
  }

  requireStaff(what: string): void {
    if (!this.isStaff) throw apiError('FORBIDDEN', `${what} is for staff and operators.`)
  }

  /** Called by every list with the rows that it gives. */
  spend(rows: number): void {
    this.state.rowsLeft -= rows
    if (this.state.rowsLeft < 0) {
      throw apiError(
        'COST_LIMIT',
        `This request asks for more than ${maximumRowsPerRequest} rows in all. Ask for less at once.`,
      )
    }
  }

  /** For the next answer of a subscription: nothing loaded, nothing spent. */
  renew(): RequestContext {
    return new RequestContext(this.setting)
  }
}

/** Waits until the region is as fresh as the caller asked for. Throws STALE_READ where it is not in time. */
export async function openContext(setting: ContextSetting): Promise<RequestContext> {
  const { region, options, onRead } = setting
  await becomeFresh(region, options.consistency, options.freshBy, onRead)
  return new RequestContext(setting)
}
