import { replicationSdl } from '@causeway/schema/sdl/replication'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { helloOf } from './peer.testing.ts'
import type { Line } from './peer.ts'
import { commonVersion, describeNoCommon, speaksSecondLine, speaksSparingly, tellsFences } from './versions.ts'
import { helloToWire } from './wire/messages.ts'
import { commitsOperation, helloOperation } from './wire/operations.ts'

const asks = / {2}"[^"]*"\n {2}asks: Boolean!\n/

describe('versions of what travels', () => {
  it('the newest that both know is spoken, whoever asks', () => {
    const old = { oldest: 3, newest: 3 }
    const newer = { oldest: 3, newest: 5 }
    const newest = { oldest: 5, newest: 6 }
    expect(commonVersion(old, newer)).toBe(3)
    expect(commonVersion(newer, old)).toBe(3)
    expect(commonVersion(newer, newest)).toBe(5)
    expect(commonVersion(old, newest)).toBeNull()
  })

  it('where there is none, the words say whose turn it is', () => {
    const words = describeNoCommon('eu-west-1', { oldest: 2, newest: 2 }, 'us-east-1', { oldest: 3, newest: 5 })
    expect(words).toBe('eu-west-1 speaks replication versions 2, us-east-1 3 to 5: upgrade eu-west-1 first')
  })

  it('C7: the main line is asked for in words that a region of version 8 knows, the second one in words that it does not', () => {
    const version8 = buildSchema(replicationSdl.replace(', line: Line)', ')').replace(asks, ''))
    const flawsOf = (line: Line) => validate(version8, parse(commitsOperation(line, false)))
    expect(flawsOf('main')).toEqual([])
    expect(flawsOf('second').map(({ message }) => message)).toEqual([
      'Unknown argument "line" on field "Subscription.commits".',
    ])
  })

  it('C7 S7: only those are asked what they know of fences that can tell', () => {
    expect([8, 9, 10].map((newest) => tellsFences({ oldest: 8, newest }))).toEqual([false, false, true])
  })

  it('C7: keys of operators are told and asked for only where both speak a version that has them', () => {
    const version10 = buildSchema(
      replicationSdl.replace(/(?: {2}"Fingerprint of the operators[^\n]*\n)? {2}operatorKeys: String\n/g, ''),
    )
    const flawsOf = (spoken: number) => validate(version10, parse(helloOperation(spoken)))
    expect(flawsOf(10)).toEqual([])
    expect(flawsOf(11)).toHaveLength(1)
    const { versions: _, ...hello } = helloOf('us')
    expect(helloToWire(helloOf('us'), 11)).toMatchObject(hello)
    expect(helloToWire(helloOf('us'), 10)).not.toHaveProperty('operatorKeys')
  })

  it('C7: only those are asked to ask for acknowledgements that can', () => {
    expect([8, 9, 10, 11, 12].map((newest) => speaksSparingly({ oldest: 8, newest }))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ])
    const version11 = buildSchema(replicationSdl.replace(asks, ''))
    for (const line of ['main', 'second'] as const) {
      expect(validate(version11, parse(commitsOperation(line, false)))).toEqual([])
      expect(validate(version11, parse(commitsOperation(line, true)))).toHaveLength(1)
    }
  })

  it('C7: a second line is opened to those alone that serve it', () => {
    expect(speaksSecondLine({ oldest: 8, newest: 8 })).toBe(false)
    expect(speaksSecondLine({ oldest: 8, newest: 9 })).toBe(true)
    expect(speaksSecondLine({ oldest: 101, newest: 102 })).toBe(false)
  })
})
