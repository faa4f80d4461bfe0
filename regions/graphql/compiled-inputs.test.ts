import fc from 'fast-check'
import {
  buildClientSchema,
  buildSchema,
  coerceInputValue,
  findBreakingChanges,
  type GraphQLInputType,
  getIntrospectionQuery,
  graphqlSync,
  type IntrospectionQuery,
  isInputType,
  parse,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { compileInput } from './compiled-inputs.ts'
import { createExecutor, createRegionSchema } from './schema.ts'

const schema = buildSchema(/* GraphQL */ `
  enum Kind { RECEIPT SALE }
  input Line { sku: ID! quantity: Int! price: Float note: String = "none" kinds: [Kind!] = [SALE] more: Line }
  input Order { lines: [Line!]! tags: [[String]] urgent: Boolean! = false }
  input Choice @oneOf { sku: ID line: Line }
  type Query { orders(orders: [Order!], choice: Choice): Int }
`)

function typed(name: string): GraphQLInputType {
  const type = schema.getType(name)
  if (type === undefined || !isInputType(type)) throw new Error(`no input type ${name}`)
  return type
}

const leaf = fc.constantFrom<unknown>('mug', '', 1, 1.5, -1, 2 ** 31, true, null, 'SALE', 'sale', [], {})
/** Mostly what fits. */
const mostly = (...good: unknown[]) => fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, leaf)

const { value: anyValue } = fc.letrec<{ value: unknown; line: unknown; extended: unknown }>((tie) => ({
  line: fc.record(
    {
      sku: mostly('mug', 7),
      quantity: mostly(1, 2),
      price: mostly(1, 1.5, null),
      note: mostly('x', null),
      kinds: fc.oneof(mostly('SALE', null), fc.array(mostly('SALE', 'RECEIPT'), { maxLength: 2 })),
      more: fc.option(tie('line'), { maxDepth: 2 }),
    },
    { requiredKeys: ['sku', 'quantity'] },
  ),
  extended: fc.tuple(tie('line'), leaf).map(([line, value]) => ({ ...(line as object), unknown: value })),
  value: fc.oneof(
    leaf,
    tie('line'),
    tie('extended'),
    fc.array(tie('line'), { maxLength: 2 }),
    fc.record(
      {
        lines: fc.oneof(tie('line'), fc.array(tie('line'), { maxLength: 3 })),
        tags: fc.oneof(
          mostly(null),
          fc.array(fc.oneof(mostly('new'), fc.array(mostly('new'), { maxLength: 2 })), { maxLength: 2 }),
        ),
        urgent: mostly(true, false),
      },
      { requiredKeys: [] },
    ),
    fc.record({ sku: leaf, line: tie('line') }, { requiredKeys: [] }),
  ),
}))

describe('compiled inputs', () => {
  it('accept, complete and refuse what the library does, and leave the given value as it was', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.constantFrom('Line', 'Order', 'Choice'), anyValue, (name, value) => {
        const errors: unknown[] = []
        const expected = coerceInputValue(value, typed(name), (_path, _value, error) => errors.push(error))
        const before = JSON.stringify(value)
        let result: unknown
        let refused = false
        try {
          result = compileInput(typed(name))(value)
        } catch {
          refused = true
        }
        expect(refused).toBe(errors.length > 0)
        if (!refused) expect(result).toEqual(expected)
        if (!refused) accepted += 1
        expect(JSON.stringify(value)).toBe(before)
      }),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(200)
  })

  it('hand on a value that needs nothing', () => {
    const line = { sku: 'mug', quantity: 1, price: 1, note: 'x', kinds: ['SALE'], more: null }
    expect(compileInput(typed('Line'))(line)).toBe(line)
  })
})

describe('the executor of a region', () => {
  const real = createRegionSchema()
  const execute = createExecutor(real)

  it('says of a wrong variable what the library says', async () => {
    const source = 'query ($sku: ID!) { stock(sku: $sku) { sku } }'
    const variables = { sku: ['mug'] }
    const { errors } = await execute({ document: parse(source), variableValues: variables })
    expect(errors).toEqual(graphqlSync({ schema: real, source, variableValues: variables }).errors)
  })

  it('names the place in a list of orders', async () => {
    const document = parse('mutation ($input: PlaceOrdersInput!) { placeOrders(input: $input) { causalToken } }')
    const orders = [{ id: 'a', lines: [{ sku: 'mug', quantity: 'many' }] }]
    const { errors } = await execute({ document, variableValues: { input: { orders } } })
    expect(errors?.[0]?.message).toBe(
      'Variable "$input" got invalid value "many" at "input.orders[0].lines[0].quantity"; Int cannot represent non-integer value: "many"',
    )
  })

  it('tells of its types with their input types, directly and in a fragment', async () => {
    const { data } = await execute({ document: parse(getIntrospectionQuery({ directiveIsRepeatable: true })) })
    const described = buildClientSchema(data as unknown as IntrospectionQuery)
    expect(findBreakingChanges(real, described)).toEqual([])
    const kind = 'fragment Kind on Query { __type(name: "PlaceOrderInput") { kind } } { ...Kind }'
    expect((await execute({ document: parse(kind) })).data).toEqual({ __type: { kind: 'INPUT_OBJECT' } })
  })

  it('says where to send a subscription', async () => {
    const { errors } = await execute({ document: parse('subscription { regionsChanged { id } }') })
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('WebSocket'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })
})
