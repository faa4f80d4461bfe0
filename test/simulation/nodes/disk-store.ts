// The store port of one node on its region's disk: the memory store, with what a disk, a server and the way to it do.
// What a crash interrupts in mid-write is torn, and after it whole or not there: that is what the log of a database is for.

import { createMemoryStore } from '@causeway/db/memory/store'
import { type HeadTransaction, type Lease, type Store, StoreError } from '@causeway/db/store'
import type { StoreView } from '@causeway/db/views'
import type { RegionId } from '@causeway/schema/clock/origin'
import type { VirtualProcess } from '../virtual-process.ts'
import type { Disk } from './disk.ts'

export function createDiskStore(region: RegionId, disk: Disk, process: VirtualProcess): Store {
  const inner = createMemoryStore({ region, database: disk.database })
  const { database } = disk

  /** Answers only while the process runs; a dead one never hears. */
  const heard = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    // Most of what a run awaits comes through here: while the process runs, without a turn of its own.
    if (!process.isRunning) await process.turn()
    disk.check(false)
    try {
      const result = await ask()
      if (!process.isRunning) await process.turn()
      return result
    } catch (error) {
      if (!process.isRunning) await process.turn()
      throw error
    }
  }

  const transact: Store['transact'] = (work) =>
    heard(async () => {
      let hasWritten = false
      const result = await inner.transact(async (transaction) => {
        const watched: HeadTransaction = {
          head: transaction.head,
          load: (request) => transaction.load(request),
          touchedSince: (position) => transaction.touchedSince(position),
          misfiled: (refs) => transaction.misfiled(refs),
          write: async (set) => {
            hasWritten = true
            await transaction.write(set)
          },
          repair: async (set) => {
            hasWritten = true
            await transaction.repair(set)
          },
        }
        const result = await work(watched)
        if (hasWritten) await disk.pass('writing', process)
        return result
      })
      if (hasWritten) await answer(disk, process, database.listeners)
      return result
    })

  const install: Store['snapshots']['install'] = (work) =>
    heard(async () => {
      const result = await inner.snapshots.install(async (installation) => {
        const result = await work(installation)
        await disk.pass('writing', process)
        return result
      })
      await answer(disk, process, database.listeners)
      return result
    })

  const lease: Store['lease'] = (name) =>
    heard(async () => {
      const held = await inner.lease(name)
      return held && dropping(held, disk, process)
    })

  return {
    transact,
    lease,
    beginIncarnation: (incarnation) => heard(() => inner.beginIncarnation(incarnation)),
    head: () => heard(() => inner.head()),
    over: inner.over,
    identity: () => heard(() => inner.identity()),
    view: () => heardView(inner.view(), heard),
    load: (request) => heard(() => inner.load(request)),
    find: (query) => heard(() => inner.find(query)),
    count: (query) => heard(() => inner.count(query)),
    scanStock: (after, limit) => heard(() => inner.scanStock(after, limit)),
    misfiled: (refs) => heard(() => inner.misfiled(refs)),
    scanDocuments: (...request) => heard(() => inner.scanDocuments(...request)),
    commitsAfterPosition: (after, limit) => heard(() => inner.commitsAfterPosition(after, limit)),
    commitsAfterVector: (vector, from, limit) => heard(() => inner.commitsAfterVector(vector, from, limit)),
    commitsInOrder: (after, limit) => heard(() => inner.commitsInOrder(after, limit)),
    history: {
      floor: () => heard(() => inner.history.floor()),
      archive: (request) => heard(() => inner.history.archive(request)),
      dropSegment: (before) => heard(() => inner.history.dropSegment(before)),
      sequenceAt: (place) => heard(() => inner.history.sequenceAt(place)),
      outcomesOf: (request) => heard(() => inner.history.outcomesOf(request)),
      pruneOutcomes: (request) => heard(() => inner.history.pruneOutcomes(request)),
      size: () => heard(() => inner.history.size()),
      foldable: (...request) => heard(() => inner.history.foldable(...request)),
    },
    incidents: {
      raise: (incident) => heard(() => inner.incidents.raise(incident)),
      find: (id) => heard(() => inner.incidents.find(id)),
      list: (query) => heard(() => inner.incidents.list(query)),
      resolve: (id, atMs, note) => heard(() => inner.incidents.resolve(id, atMs, note)),
    },
    evidence: {
      hold: (commit) => heard(() => inner.evidence.hold(commit)),
      held: () => heard(() => inner.evidence.held()),
      release: (origin, hash) => heard(() => inner.evidence.release(origin, hash)),
    },
    snapshots: {
      made: () => heard(() => inner.snapshots.made()),
      make: (request) => heard(() => inner.snapshots.make(request)),
      page: (id, number) => heard(() => inner.snapshots.page(id, number)),
      drop: () => heard(() => inner.snapshots.drop()),
      read: (exceptKinds, begin, visit) => heard(() => inner.snapshots.read(exceptKinds, begin, visit)),
      staged: () => heard(() => inner.snapshots.staged()),
      stage: (description) => heard(() => inner.snapshots.stage(description)),
      stagePage: (number, body) => heard(() => inner.snapshots.stagePage(number, body)),
      stagedPage: (number) => heard(() => inner.snapshots.stagedPage(number)),
      unstage: () => heard(() => inner.snapshots.unstage()),
      install,
    },
    conflicts: {
      newest: (query) => heard(() => inner.conflicts.newest(query)),
      at: (paths) => heard(() => inner.conflicts.at(paths)),
      find: (id) => heard(() => inner.conflicts.find(id)),
      count: () => heard(() => inner.conflicts.count()),
      scan: (after, limit) => heard(() => inner.conflicts.scan(after, limit)),
    },
    obligations: (stable, limit, seen) => heard(() => inner.obligations(stable, limit, seen)),
    onCommit: (listener) => inner.onCommit((by) => process.do(() => listener(by))),
    getSetting: (name) => heard(() => inner.getSetting(name)),
    putSetting: (name, value) => heard(() => inner.putSetting(name, value)),
    close: () => inner.close(),
  }
}

/** Its moment is when it was asked for; its reads come with what a disk does to any read. */
function heardView(view: StoreView, heard: <Result>(ask: () => Promise<Result>) => Promise<Result>): StoreView {
  const moment = heard(() => view.moment)
  moment.catch(() => undefined)
  return {
    moment,
    load: (request) => heard(() => view.load(request)),
    find: (query) => heard(() => view.find(query)),
    count: (query) => heard(() => view.count(query)),
    commitsInOrder: (after, limit) => heard(() => view.commitsInOrder(after, limit)),
    conflicts: {
      newest: (query) => heard(() => view.conflicts.newest(query)),
      at: (paths) => heard(() => view.conflicts.at(paths)),
      find: (id) => heard(() => view.conflicts.find(id)),
      count: () => heard(() => view.conflicts.count()),
    },
    end: () => view.end(),
  }
}

/** Where the answer to a write is in doubt, the bell tells the node later that there may be something, as a reconnect does. */
async function answer(disk: Disk, process: VirtualProcess, listeners: Disk['database']['listeners']): Promise<void> {
  try {
    await disk.pass('answering', process)
  } catch (error) {
    if (error instanceof StoreError) for (const listener of [...listeners]) listener('elsewhere')
    throw error
  }
}

/** A lease that is lost with the connection, at once for the others, for its holder when it runs again. */
function dropping(held: Lease, disk: Disk, process: VirtualProcess): Lease {
  let lose: () => void = () => {}
  const lost = new Promise<void>((resolve) => {
    lose = () => process.do(resolve)
  })
  const forget = disk.onDrop(() => {
    forget()
    void held.release()
    lose()
  })
  void held.lost.then(lose)
  return {
    lost,
    release: async () => {
      forget()
      await held.release()
    },
  }
}
