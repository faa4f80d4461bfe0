// Every mutation, in the order of the rules. What the simulator does not run is found by a test.

import { answerMutations } from './answers.ts'
import { causalityMutations } from './causality.ts'
import { deviceMutations } from './devices.ts'
import { mutationsElsewhere } from './elsewhere.ts'
import { forkMutations } from './forks.ts'
import { movedStockMutations } from './moved-stock.ts'
import type { Mutation } from './mutation.ts'
import { retiredMutations } from './retired.ts'
import { stockMutations } from './stock.ts'
import { appMutations } from './tested/apps.ts'
import { fenceMutations } from './tested/fences.ts'
import { linkMutations } from './tested/links.ts'
import { snapshotMutations } from './tested/snapshots.ts'

export const mutations: readonly Mutation[] = [
  ...causalityMutations,
  ...stockMutations,
  ...movedStockMutations,
  ...answerMutations,
  ...retiredMutations,
  ...snapshotMutations,
  ...fenceMutations,
  ...mutationsElsewhere,
  ...forkMutations,
  ...deviceMutations,
  ...linkMutations,
  ...appMutations,
]
