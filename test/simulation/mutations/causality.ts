// Breaks of what commits do on their way into a region: causal order, duplicates, equal regions, placement, stability.

import type { Replacement } from '../run/bundle.ts'
import type { Mutation } from './mutation.ts'

const gate = 'regions/replication/causal-gate.ts'
const apply = 'regions/committer/apply.ts'
const verdict = 'regions/integrity/verdict.ts'
const ingest = 'regions/replication/ingest.ts'

const gateTakesWithoutCauses: Replacement = {
  file: gate,
  search: 'holdsCauses(draft.released, commit, draft.excused)',
  replacement: 'true',
}
const applyTakesWithoutCauses: Replacement = {
  file: apply,
  search: ' || !holdsCauses(frontier, sealed, excused)',
  replacement: '',
}
const judgeTakesWithoutCauses: Replacement = {
  file: verdict,
  search: 'isChained && holdsCauses(this.#frontier, sealed, this.#setting.excused)',
  replacement: 'isChained',
}

const linkPassesDuplicates: Replacement = {
  file: ingest,
  search: '      .filter(({ origin, lastSequence }) => lastSequence > held(origin))\n    for',
  replacement: '    for',
}
const gatePassesDuplicates: Replacement = {
  file: gate,
  search: `  if (commit.lastSequence <= released) {
    draft.dropped.push({ commit, reason: 'duplicate' })
    return
  }
  if (commit.firstSequence <= released) {`,
  replacement: `  if (commit.lastSequence <= released) {
    draft.ready.push(commit)
    return
  }
  if (commit.firstSequence <= released) {`,
}
const applyTakesDuplicates: readonly Replacement[] = [
  {
    file: apply,
    search: '    if (sealed.lastSequence <= held || sealed.origin === head.origin) continue\n',
    replacement: `    if (sealed.lastSequence <= held && sealed.origin !== head.origin) {
      accepted.push(sealed)
      continue
    }
    if (sealed.origin === head.origin) continue
`,
  },
]
const judgeTakesDuplicates: Replacement = {
  file: verdict,
  search: '    const isChained = sequenceOf(this.#frontier, origin) === firstSequence - 1',
  replacement: '    const isChained = sequenceOf(this.#frontier, origin) >= firstSequence - 1',
}
const storeTakesDuplicates: Replacement = {
  file: 'db/write-set.ts',
  search: 'if (commit.firstSequence !== expected ||',
  replacement: 'if (commit.firstSequence > expected ||',
}

export const causalityMutations: readonly Mutation[] = [
  {
    id: 'C1a',
    breaks: 'the causal gate hands on a commit before its causes',
    replacements: [gateTakesWithoutCauses],
  },
  {
    id: 'C1b',
    breaks: 'neither gate, apply nor judgement waits for causes',
    replacements: [gateTakesWithoutCauses, applyTakesWithoutCauses, judgeTakesWithoutCauses],
  },
  {
    id: 'C1c',
    breaks: 'what stands on a commit that is refused for a while counts as applied',
    test: 'regions/replication/ingest.test.ts',
    replacements: [
      {
        file: ingest,
        search: 'slice.filter((commit) => !refused.has(commit) && !this.#isApplied(commit))',
        replacement: 'slice.filter((commit) => refused.has(commit) && this.#isApplied(commit))',
      },
    ],
  },
  {
    id: 'C1d',
    breaks: 'of what was handed on at once, a later slice is applied as if the one before had been',
    test: 'regions/replication/receiving/catch-up.test.ts',
    replacements: [
      {
        file: ingest,
        search: 'left.commits.length > 0 || left.isBroken ? await this.#recall(left, rest) : rest',
        replacement: 'left.isAll && left.isBroken ? await this.#recall(left, rest) : rest',
      },
    ],
  },
  {
    id: 'C2a',
    breaks: 'links and gate hand on what is applied already',
    replacements: [linkPassesDuplicates, gatePassesDuplicates],
    guard: { by: 'select in regions/committer/apply.ts', together: 'C2c' },
  },
  {
    id: 'C2b',
    breaks: 'apply takes what is applied already',
    replacements: [...applyTakesDuplicates, judgeTakesDuplicates],
    guard: { by: 'the filter of regions/replication/ingest.ts and the causal gate', together: 'C2c' },
  },
  {
    id: 'C2c',
    breaks: 'links, gate, apply and judgement pass on what is applied already',
    replacements: [linkPassesDuplicates, gatePassesDuplicates, ...applyTakesDuplicates, judgeTakesDuplicates],
  },
  {
    id: 'C2d',
    breaks: 'the same, and the store takes it',
    replacements: [
      linkPassesDuplicates,
      gatePassesDuplicates,
      ...applyTakesDuplicates,
      judgeTakesDuplicates,
      storeTakesDuplicates,
    ],
  },
  {
    id: 'C3',
    breaks: 'a region keeps of remote outcomes only those that were accepted',
    replacements: [
      {
        file: apply,
        search: '  return commit.outcomes.map((outcome) =>',
        replacement: '  return commit.outcomes.filter(({ accepted }) => accepted).map((outcome) =>',
      },
    ],
  },
  {
    id: 'C12',
    breaks: 'personal sections travel to every region',
    replacements: [
      {
        file: 'schema/commit/codec.ts',
        search: "return placement === 'everywhere' || mayHold(placement) ? section : null",
        replacement: 'return section',
      },
    ],
  },
  {
    id: 'C10a',
    breaks: 'the conflict log of a snapshot is left out',
    run: { forgetful: true },
    replacements: [
      {
        file: 'regions/replication/snapshot/install-snapshot.ts',
        search: '    await installation.put(rows)\n',
        replacement: "    if (rows.type !== 'conflicts') await installation.put(rows)\n",
      },
    ],
  },
  {
    id: 'M1a',
    breaks: 'what two regions wrote at once is told to nobody',
    replacements: [
      {
        file: 'schema/documents/conflicts/detector.ts',
        search: 'if (!hasSeen(deps, this.#heads)) this.#meet(node, marks)',
        replacement: 'if (!hasSeen(deps, this.#heads) && deps.length > 100) this.#meet(node, marks)',
      },
    ],
  },
  {
    id: 'stability',
    breaks: 'what is stable does not depend on the first member',
    replacements: [
      {
        file: 'regions/settlement/stability.ts',
        search: '    if (member !== head.region) stable =',
        replacement: '    if (member !== head.region && member !== members[0]) stable =',
      },
    ],
  },
]
