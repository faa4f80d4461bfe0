// A file is one concept, a folder a handful of them. An exception needs a reason that a reader would accept.

import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exampleFiles, sources } from './sources.ts'

const maximumLines = 300
const maximumFilesPerFolder = 14

/** Path → why it is longer. */
const longFiles: Readonly<Record<string, string>> = {}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

const all = [...sources, ...exampleFiles]

describe('sizes', () => {
  it(`no file is longer than ${maximumLines} lines`, () => {
    const long = all
      .filter((file) => !(file.path in longFiles) && lineCount(file.text) > maximumLines)
      .map((file) => `${file.path}: ${lineCount(file.text)} lines`)
    expect(long).toEqual([])
  })

  it('an exception is still needed', () => {
    const needless = Object.keys(longFiles).filter((path) => {
      const file = all.find((one) => one.path === path)
      return file === undefined || lineCount(file.text) <= maximumLines
    })
    expect(needless).toEqual([])
  })

  it(`no folder holds more than ${maximumFilesPerFolder} source files`, () => {
    const counts = new Map<string, number>()
    for (const file of all) {
      if (/\.test\.tsx?$/.test(file.path)) continue
      const folder = posix.dirname(file.path)
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    }
    const wide = [...counts]
      .filter(([, count]) => count > maximumFilesPerFolder)
      .map(([folder, count]) => `${folder}: ${count} files`)
    expect(wide).toEqual([])
  })

  it('every file that is no test opens by saying what it is for', () => {
    const silent = all
      .filter((file) => !/\.test\.tsx?$/.test(file.path) && !/^(?:#![^\n]*\n)?(?:\/\/|\/\*)/.test(file.text))
      .map((file) => file.path)
    expect(silent).toEqual([])
  })
})
