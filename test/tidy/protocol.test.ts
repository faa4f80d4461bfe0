// docs/PROTOCOL.md tells every message between regions: what the replication schema has, the page has.

import { readFileSync } from 'node:fs'
import { protocolVersions } from '@causeway/regions/replication/versions'
import { replicationSdl } from '@causeway/schema/sdl/replication'
import {
  buildSchema,
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  getVariableValues,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')
const between = page.slice(page.indexOf('## Between regions'), page.indexOf('## Between caller and gateway'))
const table = between.slice(between.indexOf('### Every operation'))
const roots = ['Query', 'Mutation', 'Subscription']

/** Every word of the schema that a message may hold: fields, arguments, values of enums, and scalars, which are written in their own way. */
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
      case Kind.SCALAR_TYPE_DEFINITION:
        return [{ owner: 'scalars', word: definition.name.value }]
      default:
        return []
    }
  })
}

const schema = buildSchema(replicationSdl)

function operationFields(): readonly GraphQLField<unknown, unknown>[] {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return types.flatMap((type) => Object.values(type?.getFields() ?? {}))
}

/** What stands in the row of an operation: variables, an arrow, and the answer; null where the answer is told in words. */
function exampleOf(operation: string): { readonly variables: unknown; readonly answer: unknown } {
  const row = table.split('\n').find((line) => new RegExp(`^\\| \\w+ \`${operation}\` \\|`).test(line)) ?? ''
  const [asked = '', answered = ''] = (row.split(' | ')[2] ?? '').split('→')
  const read = (words: string) => {
    const [, text] = /`(\{[^`]*)`/.exec(words) ?? []
    // Shortened parts stand for any object; bytes travel beside the JSON.
    return text && JSON.parse(text.replaceAll('{…}', '{}').replaceAll(/: bytes\b/g, ': "bytes"'))
  }
  return { variables: read(asked) ?? {}, answer: read(answered) ?? null }
}

function expectWhole(type: GraphQLOutputType, value: unknown, path: string): void {
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    expect(Array.isArray(value), path).toBe(true)
    for (const one of value as readonly unknown[]) expectWhole(nullable.ofType, one, path)
    return
  }
  const named = getNamedType(nullable)
  if (!isObjectType(named) || value === null) return
  const fields = named.getFields()
  expect(Object.keys(value as object).sort(), path).toEqual(Object.keys(fields).sort())
  for (const [name, { type: inner }] of Object.entries(fields))
    expectWhole(inner, (value as Record<string, unknown>)[name], `${path}.${name}`)
}

describe('the page of the protocol', () => {
  it('names every field, argument, value and scalar of the replication schema', () => {
    const missing = wordsOf(replicationSdl).filter(({ word }) => !new RegExp(`[\`"(, ]${word}[\`"),: ]`).test(between))
    expect(missing).toEqual([])
  })

  it('is about the version that is spoken, and shows no other as the newest', () => {
    const { newest, oldest } = protocolVersions
    expect(page).toContain(`Version ${newest} of what travels between regions`)
    expect(exampleOf('protocolVersion').answer).toEqual({ protocolVersion: newest })
    expect(exampleOf('oldestVersion').answer).toEqual({ oldestVersion: oldest })
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

  it.each(operationFields())(
    'shows $name by an example that the schema takes, with all that its answer may hold',
    (field) => {
      const { variables, answer } = exampleOf(field.name)
      const declared = field.args.map(({ name, type }) => `$${name}: ${type}`).join(', ')
      const operation = parse(`query ${declared && `(${declared})`} { __typename }`).definitions[0]
      const { variableDefinitions = [] } = operation as OperationDefinitionNode
      const taken = getVariableValues(schema, variableDefinitions, variables as Record<string, unknown>)
      expect(taken.errors?.map(({ message }) => message)).toBeUndefined()
      expect(Object.keys(variables as object).sort()).toEqual(field.args.map(({ name }) => name).sort())
      if (answer !== null) expectWhole(field.type, answer, field.name)
    },
  )
})
