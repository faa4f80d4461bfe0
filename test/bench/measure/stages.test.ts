// Which stage a sample counts to, on stacks as V8 tells them.

import { describe, expect, it } from 'vitest'
import { stageOf, timesByStage } from './stages.ts'

const at = (functionName: string, url = '') => ({ functionName, url })
const file = (path: string) => `file:///somewhere/${path}`

describe('the stage of a sample', () => {
  it('is the one of the nearest function of our own that says so', () => {
    const flush = at('flush', file('regions/dist/committer/flush.js'))
    expect(stageOf([at('run'), at('sign', file('regions/dist/crypto.js')), flush])).toBe('sign')
    expect(stageOf([at('varint', file('schema/dist/commit/bytes.js')), flush])).toBe('decide')
    expect(stageOf([at('', file('db/dist/postgres/write/stock.js')), flush])).toBe('write to SQL')
    expect(stageOf([at('writeRecords', file('schema/dist/commit/records.js')), flush])).toBe('encode and seal')
  })

  it('is not that of a library where our own code calls it', () => {
    const execute = at('execute', file('node_modules/graphql/execution/execute.js'))
    expect(stageOf([execute])).toBe('parse and coerce')
    expect(stageOf([execute, at('batches', file('regions/dist/replication/sending/send-stream.js'))])).toBe('send')
  })

  it('is told apart where no code ran', () => {
    expect(stageOf([at('(garbage collector)'), at('flush', file('regions/dist/committer/flush.js'))])).toBe(
      'collect garbage',
    )
    expect(stageOf([at('(idle)'), at('(root)')])).toBe('idle')
    expect(stageOf([at('runMicrotasks'), at('(root)')])).toBe('everything else')
  })

  it('sums the time of the samples of every thread', () => {
    const nodes = [
      { id: 1, callFrame: at('(root)'), children: [2, 3] },
      { id: 2, callFrame: at('apply', file('regions/dist/committer/apply.js')) },
      { id: 3, callFrame: at('(idle)') },
    ]
    const { us, functions } = timesByStage([
      { nodes, samples: [2, 3, 2], timeDeltas: [100, 1_000, 50] },
      { nodes, samples: [2], timeDeltas: [7] },
    ])
    expect(Object.fromEntries(us)).toEqual({ apply: 157, idle: 1_000 })
    expect(functions.get('apply')).toEqual(new Map([['apply committer/apply.js', 157]]))
  })
})
