// The snapshots of a region in Postgres.

import type { Snapshots } from '../../snapshots/snapshots.ts'
import type { Sql } from '../connection.ts'
import { toStoreError } from '../errors.ts'
import type { Transactions } from '../transactions.ts'
import { type BellOf, install } from './install.ts'
import { type MakeSetting, makeSnapshot, readMadePage, readState } from './make.ts'
import { drop, readDescription, readStaged, readStagedPage, stage, stagePage } from './staging.ts'

export interface SnapshotSetting extends MakeSetting, BellOf {
  /** Turns what the database throws into the store's errors. */
  readonly run: <Result>(work: (sql: Sql) => Promise<Result>) => Promise<Result>
  readonly transactions: Transactions
  /** Something was installed through this store. */
  readonly installed: () => void
}

export function createSnapshots(setting: SnapshotSetting): Snapshots {
  const { run, transactions, installed } = setting
  const translated = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work
    } catch (error) {
      throw toStoreError(error)
    }
  }
  return {
    made: () => run((sql) => readDescription(sql, 'made')),
    make: (request) => translated(makeSnapshot(setting, request)),
    page: (id, number) => run((sql) => readMadePage(sql, id, number)),
    drop: () => run((sql) => drop(sql, 'made')),
    read: (exceptKinds, begin, visit) => translated(readState(setting, exceptKinds, begin, visit)),
    staged: () => run(readStaged),
    stage: (description) => run((sql) => stage(sql, description)),
    stagePage: (number, body) => run((sql) => stagePage(sql, number, body)),
    stagedPage: (number) => run((sql) => readStagedPage(sql, number)),
    unstage: () => run((sql) => drop(sql, 'staged')),
    install: async (work) => {
      const result = await transactions.alone((sql) => install(sql, setting, work))
      installed()
      return result
    },
  }
}
