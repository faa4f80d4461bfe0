// How a run ends: who stays in the cluster, when all is quiet, and what must hold then. Knows no misfortune.

import type { LinkStatus } from '@causeway/regions/region'
import type { RegionId } from '@causeway/schema/clock/origin'
import { compareVectors, type VersionVector } from '@causeway/schema/clock/version-vector'
import type { Fences } from '@causeway/schema/fence/fences'
import type { Told } from '../callers/told.ts'
import { checkOrders, checkUnits } from '../checkers/accounts.ts'
import { checkTold, placesOf } from '../checkers/acknowledged.ts'
import { checkConflicts } from '../checkers/conflicts.ts'
import { checkConverged } from '../checkers/converged.ts'
import { checkDepartures, checkTokens, type Departures, unsalvaged } from '../checkers/departures.ts'
import { checkLeases } from '../checkers/leases.ts'
import type { Watch } from '../checkers/watch.ts'
import type { SimulatedCluster } from '../cluster.ts'

export interface EndingSetting {
  readonly cluster: SimulatedCluster
  readonly watch: Watch
  readonly told: Told
}

export class Ending {
  readonly #setting: EndingSetting

  constructor(setting: EndingSetting) {
    this.#setting = setting
  }

  get departures(): Departures {
    const { cluster, watch } = this.#setting
    const { members } = cluster
    const here = members.filter((member) => !cluster.isLost(member))
    const staying = here.filter((member) => cluster.region(member)?.fencing().fences.members.includes(member) !== false)
    const returned = here.filter((member) => !staying.includes(member))
    const databaseOf = (region: RegionId) => cluster.database(region)
    const { history, restoredRegions: restored, isUndone } = watch
    return { history, members, staying, returned, restored, databaseOf, isUndone }
  }

  /** All who stay stand at one frontier with nothing owed; the others have left, and what they brought back is dealt with. */
  isQuiet(): boolean {
    const { cluster } = this.#setting
    const { departures } = this
    const { staying } = departures
    const [first] = staying
    if (first === undefined) return false
    const { frontier } = cluster.database(first).head
    const isEqual = (member: RegionId) => {
      const { head, obligations } = cluster.database(member)
      const nodes = cluster.nodes(member)
      const isOn = ({ from, connected }: LinkStatus) => connected || !staying.includes(from)
      const isLinked = nodes.some(({ region }) => region?.links().every(isOn))
      // A node may not have heard yet that what it wrote is durable, or what another one wrote.
      const isKnown = nodes.every(
        ({ region }) => region !== null && compareVectors(region.frontier(), frontier) === 'equal',
      )
      const isSettled = compareVectors(head.frontier, frontier) === 'equal' && obligations.size === 0
      return isLinked && isKnown && isSettled && this.#isDecided(nodes[0]?.region?.fencing().fences)
    }
    return staying.every(isEqual) && this.unsalvaged().length === 0
  }

  unsalvaged(): readonly string[] {
    return unsalvaged(this.departures)
  }

  /** Nothing is left to be agreed on, and who is gone for good has left. */
  #isDecided(fences: Fences | undefined): boolean {
    const { cluster } = this.#setting
    if (fences === undefined || fences.open.length > 0) return false
    return cluster.members.every((member) => !cluster.isLost(member) || !fences.members.includes(member))
  }

  /** The number of leases that were looked at. Throws what does not hold. */
  async judge(): Promise<number> {
    const { cluster, watch, told } = this.#setting
    const { departures } = this
    await checkConverged(cluster, departures.staying)
    const places = placesOf(watch.history.all)
    const given = told.asked.flatMap(({ answer }) => (answer === null ? [] : [answer.token]))
    let leases = 0
    for (const region of departures.staying) {
      const database = cluster.database(region)
      const log = watch.logOf(database)
      const setting = { region, database, told, departures, log }
      checkConflicts(region, database, log)
      checkDepartures(departures, region, log)
      checkTold({ region, told, departures }, places)
      checkOrders(setting)
      checkUnits(setting)
      const isLost = (token: VersionVector) => cluster.region(region)?.lostOf(token) != null
      checkTokens(departures, region, { given, lost: told.lostTokens }, isLost)
      leases = checkLeases(region, database, log)
    }
    return leases
  }
}
