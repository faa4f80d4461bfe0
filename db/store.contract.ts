// One suite for every store: what regions rely on, whichever they run on.

import { afterEach, beforeEach, describe } from 'vitest'
import { aheadContract } from './contract/ahead.contract.ts'
import { conflictContract } from './contract/conflicts.contract.ts'
import { dutyContract } from './contract/duties.contract.ts'
import type { ContractDatabase } from './contract/fixture.contract.ts'
import { forksContract } from './contract/forks.contract.ts'
import { historyContract } from './contract/history.contract.ts'
import { integrityContract } from './contract/integrity.contract.ts'
import { readContract } from './contract/reads.contract.ts'
import { repairContract } from './contract/repair.contract.ts'
import { snapshotContract } from './contract/snapshots.contract.ts'
import { stockContract } from './contract/stock.contract.ts'
import { transactionContract } from './contract/transactions.contract.ts'
import { viewContract } from './contract/views.contract.ts'
import type { Store } from './store.ts'

/** `open` makes a fresh database of the region `eu-west-1`; the suite drops it and closes every store it opened. */
export function storeContract(name: string, open: () => Promise<ContractDatabase>): void {
  describe(name, () => {
    let database: ContractDatabase
    let stores: Store[] = []

    beforeEach(async () => {
      const fresh = await open()
      stores = []
      database = {
        store: async () => {
          const store = await fresh.store()
          stores.push(store)
          return store
        },
        drop: () => fresh.drop(),
      }
    })

    afterEach(async () => {
      await Promise.all(stores.map((store) => store.close()))
      await database.drop()
    })

    describe('transactions', () => transactionContract(() => database))
    describe('ahead', () => aheadContract(() => database))
    describe('reads', () => readContract(() => database))
    describe('duties', () => dutyContract(() => database))
    describe('views', () => viewContract(() => database))
    describe('stock', () => stockContract(() => database))
    describe('conflicts', () => conflictContract(() => database))
    describe('repair', () => repairContract(() => database))
    describe('history', () => historyContract(() => database))
    describe('forks', () => forksContract(() => database))
    describe('integrity', () => integrityContract(() => database))
    describe('snapshots', () => snapshotContract(() => database))
  })
}
