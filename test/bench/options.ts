// What a bench is told on the command line. A wrong word is an error that names it.

import { parseArgs } from 'node:util'

/** `defaults`: whole numbers above 0 by their name, with what they are where they are left out; and switches. */
export function readOptions<Name extends string, Switch extends string>(
  words: readonly string[],
  defaults: Readonly<Record<Name, number>>,
  switches: readonly Switch[],
): { readonly numbers: Readonly<Record<Name, number>>; readonly on: ReadonlySet<Switch> } {
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
      ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
    },
  })
  const given = values as Readonly<Record<string, unknown>>
  const read = (name: Name): number => {
    const text = given[name]
    if (text === undefined) return defaults[name]
    if (!/^[1-9]\d*$/.test(String(text)))
      throw new Error(`--${name} must be a whole number above 0, not ${String(text)}`)
    return Number(text)
  }
  const names = Object.keys(defaults) as Name[]
  return {
    numbers: Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, number>,
    on: new Set(switches.filter((name) => given[name] === true)),
  }
}

/** How much of the whole a run does, more than 0 and at most 1: said in every figure that depends on it. */
export function readScale(text: string): number {
  const scale = Number(text)
  if (!(scale > 0 && scale <= 1)) throw new Error(`--scale is more than 0 and at most 1, not ${text}`)
  return scale
}

export function sayScale(scale: number): string {
  return scale === 1 ? 'the whole' : `scale ${scale} of the whole`
}
