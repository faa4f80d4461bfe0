// docs/PROTOCOL.md tells every message between regions: what the replication schema has, the page has.

import { readFileSync } from 'node:fs'
import { replicationSdl } from '@causeway/schema/sdl/replication'
import { Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')
const between = page.slice(page.indexOf('## Between regions'), page.indexOf('## Between caller and gateway'))
const roots = ['Query', 'Mutation', 'Subscription']

/** Every word of the schema that a message may hold: fields, arguments, values of enums. */
function wordsOf(sdl: string): readonly { readonly owner: string; readonly word: string }[] {
  return parse(sdl).definitions.flatMap((definition) => {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return (definition.fields ?? []).flatMap((field) => {
          const taken = 'arguments' in field ? (field.arguments ?? []) : []
          return [field, ...taken].map(({ name }) => ({ owner: definition.name.value, word: name.value }))
        })
      case Kind.ENUM_TYPE_DEFINITION:
        return (definition.values ?? []).map(({ name }) => ({ owner: definition.name.value, word: name.value }))
      default:
        return []
    }
  })
}

describe('the page of the protocol', () => {
  it('names every field, argument and value of the replication schema', () => {
    const missing = wordsOf(replicationSdl).filter(({ word }) => !new RegExp(`[\`"(, ]${word}[\`"),: ]`).test(between))
    expect(missing).toEqual([])
  })

  it('has a row for every operation, with its direction, an example and its errors', () => {
    const operations = parse(replicationSdl).definitions.flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && roots.includes(definition.name.value)
        ? (definition.fields ?? []).map(({ name }) => `${definition.name.value.toLowerCase()} \`${name.value}\``)
        : [],
    )
    expect(operations.length).toBeGreaterThan(5)
    const rows = between.split('\n').filter((line) => line.startsWith('| '))
    const described = (operation: string) => {
      const cellsOf = rows.filter((row) => row.startsWith(`| ${operation} |`)).map((row) => row.split(' | '))
      return cellsOf.some((cells) => cells.length >= 4 && cells.every((cell) => cell.trim() !== ''))
    }
    expect(operations.filter((operation) => !described(operation))).toEqual([])
  })
})
