// Which stage of the write path a sample of a profile belongs to: the nearest function up the stack that says so. Code
// that serves any stage (clocks, byte writers, GraphQL itself) says nothing; its caller does. Pure.

import type { Profile, ProfileNode } from './profiler.ts'

export const stages = [
  'parse and coerce',
  'decide',
  'encode and seal',
  'sign',
  'write to SQL',
  'send',
  'receive and verify',
  'apply',
  'collect garbage',
  'wait for the kernel, native code',
  'everything else',
  'idle',
] as const
export type Stage = (typeof stages)[number]

interface Rule {
  readonly stage: Stage
  /** Of the file, from the room on. */
  readonly file: RegExp
  readonly function?: RegExp
}

/** Our own code, the first rule that fits. */
const own: readonly Rule[] = [
  { stage: 'sign', file: /^regions\/.*crypto/, function: /^sign/ },
  { stage: 'receive and verify', file: /^regions\/.*crypto/, function: /^verify/ },
  { stage: 'encode and seal', file: /^schema\/commit\//, function: /^(?:seal|write|encode|put|placementsOf|pin)/ },
  { stage: 'receive and verify', file: /^schema\/commit\//, function: /^(?:open|read|verify|decode|headerOf)/ },
  { stage: 'send', file: /^regions\/replication\/(?:sending\/|link-sender|graphql-endpoint)|^regions\/log\// },
  { stage: 'receive and verify', file: /^regions\/replication\// },
  { stage: 'apply', file: /^regions\/committer\/(?:apply|remote-documents)/ },
  { stage: 'write to SQL', file: /^db\// },
  { stage: 'decide', file: /^(?:regions\/committer\/|schema\/stock\/|schema\/documents\/(?!parsing))/ },
  { stage: 'parse and coerce', file: /^(?:regions\/(?:graphql|http)\/|schema\/documents\/parsing)/ },
]

/** Libraries: they count where nothing of our own is nearer the root. */
const libraries: readonly (readonly [Stage, RegExp])[] = [
  ['write to SQL', /node_modules\/(?:postgres|drizzle-orm)\//],
  ['receive and verify', /node_modules\/(?:ws|graphql-ws)\//],
  [
    'parse and coerce',
    /node_modules\/(?:graphql|@apollo|@graphql-tools|zod)\/|^node:(?:_http|internal\/(?:http|deps\/undici))/,
  ],
]

const built = /\/(schema|db|regions|gateway|cli)\/dist\/(.*)$/

/** What stands between the root and a sample, the sample's own function first. */
export function stageOf(stack: readonly ProfileNode['callFrame'][]): Stage {
  const leaf = stack[0]?.functionName
  if (leaf === '(garbage collector)') return 'collect garbage'
  if (leaf === '(idle)') return 'idle'
  if (leaf === '(program)') return 'wait for the kernel, native code'
  for (const { functionName, url } of stack) {
    const found = built.exec(url)
    if (found === null) continue
    const file = `${found[1]}/${found[2]}`
    const rule = own.find((one) => one.file.test(file) && (one.function?.test(functionName) ?? true))
    if (rule !== undefined) return rule.stage
  }
  for (const { url } of stack) {
    const library = libraries.find(([, pattern]) => pattern.test(url))
    if (library !== undefined) return library[0]
  }
  return 'everything else'
}

export interface StageTimes {
  /** Microseconds. */
  readonly us: ReadonlyMap<Stage, number>
  /** Microseconds by stage and function, where the time itself was spent. */
  readonly functions: ReadonlyMap<Stage, ReadonlyMap<string, number>>
}

/** The time of every sample, by stage. */
export function timesByStage(profiles: readonly Profile[]): StageTimes {
  const us = new Map<Stage, number>()
  const functions = new Map<Stage, Map<string, number>>()
  for (const profile of profiles) {
    const places = placesOf(profile)
    profile.samples.forEach((id, index) => {
      const place = places.get(id)
      if (place === undefined) return
      const spent = profile.timeDeltas[index] ?? 0
      us.set(place.stage, (us.get(place.stage) ?? 0) + spent)
      const named = functions.get(place.stage) ?? new Map<string, number>()
      named.set(place.name, (named.get(place.name) ?? 0) + spent)
      functions.set(place.stage, named)
    })
  }
  return { us, functions }
}

function placesOf({ nodes }: Profile): ReadonlyMap<number, { readonly stage: Stage; readonly name: string }> {
  const parents = new Map<number, ProfileNode>()
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  return new Map(
    nodes.map((node) => {
      const stack: ProfileNode['callFrame'][] = []
      for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) stack.push(at.callFrame)
      const { functionName, url } = node.callFrame
      const file = url.split('/').slice(-2).join('/')
      return [node.id, { stage: stageOf(stack), name: `${functionName || '(anonymous)'} ${file}`.trim() }]
    }),
  )
}
