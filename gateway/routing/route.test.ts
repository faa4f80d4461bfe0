import { print, stripIgnoredCharacters, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { resumeAfter } from '../subscriptions/resume.ts'
import { Planner } from '../supergraph/planner.ts'
import { Fleet } from './fleet.ts'
import { Forwarder } from './forward.ts'
import { routeOf } from './route.ts'
import { readShape, type Shape } from './shape.ts'

const clock = { now: () => 0 }
const fleet = new Fleet([{ id: 'us-east-1', url: 'http://127.0.0.1:9' }], undefined, clock)
const planner = new Planner({
  regions: { fleet, forwarder: new Forwarder({ fleet, clock, attemptMs: 1 }) },
  subgraphs: [],
  subgraphSdl: [],
  follow: () => {
    throw new Error('nothing is followed here')
  },
})
const shapeOf = (query: string, name?: string) => readShape(query, name, planner.schema, planner.placements)
const route = (query: string, variables = {}, pinned = false) => routeOf(shapeOf(query), variables, pinned)

function mustBe(shape: Shape | null): Shape {
  if (shape === null) throw new Error('the operation was not understood')
  return shape
}

describe('which way an operation goes', () => {
  it.each([
    ['whole', 'what replicates everywhere', '{ products { edges { node { id variants { stock { available } } } } } }'],
    [
      'whole',
      'the public part of a customer',
      '{ customer(id: "c") { id homeRegion orders { edges { node { id } } } } }',
    ],
    ['whole', 'a region about itself', '{ regionStatus { frontier } product(id: "p") { id } }'],
    ['whole', 'a command', 'mutation { placeOrder(input: { id: "o", lines: [] }) { order { id } } }'],
    ['whole', 'any entity by its id', '{ node(id: "p") { __typename id ... on Product { title } } }'],
    ['planned', 'what is personal', '{ customer(id: "c") { name } }'],
    [
      'planned',
      'what is personal in a fragment',
      '{ order(id: "o") { ...o } } fragment o on Order { customer { email } }',
    ],
    [
      'planned',
      'what is personal after a command',
      'mutation { shipOrder(input: { id: "o" }) { order { customer { name } } } }',
    ],
    ['planned', 'the gateway’s own', '{ regions { id } product(id: "p") { id } }'],
    ['planned', 'introspection', '{ __schema { types { name } } }'],
    ['planned', 'no such field', '{ nothing }'],
    ['planned', 'no operation', '{ product('],
    ['followed', 'a subscription', 'subscription { stockChanged(skus: ["s"]) { sku } }'],
    ['planned', 'a subscription to what is personal', 'subscription { orderChanged(id: "o") { customer { name } } }'],
    ['planned', 'the gateway’s own subscription', 'subscription { regionsChanged { id } }'],
  ])('%s: %s', (kind, _what, query) => {
    expect(route(query).kind).toBe(kind)
  })

  it('with a pinned region, what is personal is that region’s own view', () => {
    expect(route('{ customer(id: "c") { name } }', {}, true).kind).toBe('whole')
  })

  it('a command on what is personal goes home, wherever its input stands', () => {
    const literal = 'mutation { upsertCustomer(input: { id: "c", homeRegion: "eu-west-1" }) { customer { name } } }'
    expect(route(literal)).toEqual({ kind: 'home', customer: { id: 'c', homeRegion: 'eu-west-1' } })
    const whole = 'mutation M($i: UpsertCustomerInput!) { upsertCustomer(input: $i) { customer { name } } }'
    expect(route(whole, { i: { id: 'c' } })).toEqual({ kind: 'home', customer: { id: 'c', homeRegion: undefined } })
    const parts =
      'mutation M($id: ID!, $h: ID) { upsertCustomer(input: { id: $id, homeRegion: $h }) { customer { id } } }'
    expect(route(parts, { id: 'c', h: 'x' })).toEqual({ kind: 'home', customer: { id: 'c', homeRegion: 'x' } })
  })

  it('fragments that contain themselves are not understood, and those that multiply without end are too many, rather than walked for ever', () => {
    expect(shapeOf('{ product(id: "p") { ...a } } fragment a on Product { ...a }')).toBeNull()
    const bomb = Array.from({ length: 30 }, (_, i) => `fragment f${i} on Product { ...f${i + 1} ...f${i + 1} }`).join(
      ' ',
    )
    expect(() => shapeOf(`{ product(id: "p") { ...f0 } } ${bomb} fragment f30 on Product { id }`)).toThrow(
      'more than 20000 selections',
    )
  })
})

describe('a subscription that goes on after a token', () => {
  const resumed = (query: string, variables = {}) => {
    const shape = mustBe(shapeOf(query))
    const [root] = shape.rootFields
    if (root === undefined) throw new Error('no root field')
    const text = resumeAfter(shape.document, root, variables, 'TOKEN')
    const again = mustBe(shapeOf(text.query))
    expect(validate(planner.schema, again.document)).toEqual([])
    return { query: stripIgnoredCharacters(print(again.document)), variables: text.variables }
  }

  it('G3: gets the argument, instead of an earlier one, or through the variable that is there', () => {
    expect(resumed('subscription { events { id } }').query).toBe('subscription{events(after:"TOKEN"){id}}')
    expect(resumed('subscription { events(after: "old", types: ["a"]) { id } }').query).toBe(
      'subscription{events(types:["a"]after:"TOKEN"){id}}',
    )
    const byVariable = resumed('subscription S($a: CausalToken) { events(after: $a) { id } }', { a: 'old', b: 1 })
    expect(byVariable.variables).toEqual({ a: 'TOKEN', b: 1 })
    expect(resumed('subscription { ...s } fragment s on Subscription { events { id } }').query).toContain(
      'after:"TOKEN"',
    )
  })
})
