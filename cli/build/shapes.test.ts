import { setFlagsFromString } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { keepShapes } from './shapes.ts'

const copies = [
  '{ ...before, more: 1 }',
  '{ ...before, [key]: 1 }',
  '{ ...before, ...{ more: 1 } }',
  '{ ...before, a: 1 }',
  '{ ...(before ?? null), inner: { ...before, more: 1 } }',
]

describe('shapes of copies', () => {
  it.each(copies)('%s says the same as before, property for property', (copy) => {
    const before = { a: 5, b: 'b', key: undefined }
    const run = (code: string) => new Function('before', 'key', `return (${code})`)(before, 'more')
    expect(JSON.stringify(run(keepShapes(`(${copy})`)))).toBe(JSON.stringify(run(copy)))
  })

  it('texts and comments are left alone, and no line moves', () => {
    const code = "// { ...before }\nconst text = '{ ...before, more }'\nconst copy = {\n  ...text,\n}\n"
    expect(keepShapes(code)).toBe(code.replace('  ...text', '  ...null, ...text'))
  })

  it('what was done once is left alone', () => {
    const once = keepShapes('({ ...before, more: { ...before } })')
    expect(keepShapes(once)).toBe(once)
  })

  it('objects that are made one like another share a shape', () => {
    setFlagsFromString('--allow-natives-syntax')
    const isSame = new Function('left', 'right', 'return %HaveSameMap(left, right)')
    const copy = new Function('before', `return ${keepShapes('({ ...before, more: 1 })')}`)
    const made = Array.from({ length: 3_000 }, (_, index) => copy({ a: index, b: 'b' }))
    expect(made.slice(1_001).every((one, index) => isSame(made[1_000 + index], one))).toBe(true)
  })
})
