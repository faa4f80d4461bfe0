// Which way an operation goes: whole to one region, to the home of a customer, through the planner, or followed as a
// subscription. Pure.

import { type FieldNode, Kind, type ObjectValueNode, type ValueNode } from 'graphql'
import type { Shape } from './shape.ts'

export type Route =
  /** One region answers it whole. */
  | { readonly kind: 'whole' }
  /** A command on what is personal: it goes whole to the customer's home region. */
  | { readonly kind: 'home'; readonly customer: HomeHint }
  /** Several placements, the gateway's own fields, introspection, or nothing that we understand. */
  | { readonly kind: 'planned' }
  /** A subscription that one region at a time feeds. */
  | { readonly kind: 'followed' }

export interface HomeHint {
  readonly id: string | undefined
  readonly homeRegion: string | undefined
}

/** `pinned`: the caller wants one region's own answer, personal fields as that region sees them. */
export function routeOf(shape: Shape | null, variables: Readonly<Record<string, unknown>>, pinned: boolean): Route {
  if (shape === null || shape.onlyIntrospection) return { kind: 'planned' }
  const beyond = [...shape.beyond]
  if (beyond.some((placement) => placement !== 'resident')) return { kind: 'planned' }
  if (shape.type === 'subscription') return { kind: beyond.length > 0 && !pinned ? 'planned' : 'followed' }
  if (pinned) return { kind: 'whole' }
  const [only, ...others] = shape.rootFields
  if (beyond.length === 0) {
    const contact = only === undefined || others.length > 0 ? undefined : contactOf(only, variables)
    return contact === undefined
      ? { kind: 'whole' }
      : { kind: 'home', customer: { id: contact, homeRegion: undefined } }
  }
  if (shape.type !== 'mutation' || only === undefined || others.length > 0 || !isResidentCommand(only)) {
    return { kind: 'planned' }
  }
  return { kind: 'home', customer: homeHint(only, variables) }
}

/** Of direct changes that a device made: the one customer whose contact all of them are about. */
function contactOf(field: FieldNode, variables: Readonly<Record<string, unknown>>): string | undefined {
  if (field.name.value !== 'applyUnits') return undefined
  const input = field.arguments?.find((argument) => argument.name.value === 'input')?.value
  const given = input?.kind === Kind.VARIABLE ? asRecord(variables[input.name.value]) : undefined
  const units = Array.isArray(given?.units) ? given.units.map(asRecord) : []
  const id = units[0]?.documentId
  const isOne = units.length > 0 && units.every((unit) => unit?.kind === 'contact' && unit.documentId === id)
  return isOne && typeof id === 'string' ? id : undefined
}

/** Of a device's sync: the customer whose contact it follows, the first where there are several. */
export function followedContact(
  field: FieldNode | undefined,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  if (field?.name.value !== 'deviceSync') return undefined
  const scopes = field.arguments?.find((argument) => argument.name.value === 'scopes')?.value
  const given = scopes?.kind === Kind.VARIABLE ? variables[scopes.name.value] : undefined
  if (!Array.isArray(given)) return undefined
  const named = given.map((scope) => asRecord(scope)?.customer)
  return named.find((id) => typeof id === 'string')
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

const residentCommands = new Set(['upsertCustomer', 'eraseCustomer'])

function isResidentCommand(field: FieldNode): boolean {
  return residentCommands.has(field.name.value)
}

/** A text of a command's input, from literals or variables. */
export function inputText(
  field: FieldNode,
  name: string,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  const input = field.arguments?.find((argument) => argument.name.value === 'input')?.value
  if (input?.kind === Kind.OBJECT) return textOf(member(input, name), variables)
  const value = input?.kind === Kind.VARIABLE ? variables[input.name.value] : undefined
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof given === 'string' ? given : undefined
}

/** The customer that a command names, and the home region it states, from literals or variables. */
export function homeHint(field: FieldNode, variables: Readonly<Record<string, unknown>>): HomeHint {
  return { id: inputText(field, 'id', variables), homeRegion: inputText(field, 'homeRegion', variables) }
}

function member(object: ObjectValueNode, name: string): ValueNode | undefined {
  return object.fields.find((field) => field.name.value === name)?.value
}

function textOf(value: ValueNode | undefined, variables: Readonly<Record<string, unknown>>): string | undefined {
  if (value?.kind === Kind.STRING || value?.kind === Kind.INT) return value.value
  const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined
  return typeof given === 'string' ? given : undefined
}

/** True where every root field is a command that is known by the order's own id, so that it needs no other key. */
export function isKeyedByNature(shape: Shape): boolean {
  return shape.rootFields.every((field) => field.name.value === 'placeOrder' || field.name.value === 'placeOrders')
}
