// upsertCustomer: one command for the customer, which is everywhere, and the contact, which stays in the home region.
// It runs only there. Knows no order.

import * as z from 'zod'
import type { RegionId } from '../../clock/origin.ts'
import type { CommitEvent } from '../../commit/commit.ts'
import { homePlacement } from '../../commit/placement.ts'
import type { Json, JsonObject } from '../../json.ts'
import { accept, type CommandContext, type CommandDefinition, noReads, refuse, type UserError } from '../command.ts'
import { type ContactView, contactKind } from '../contact/kind.ts'
import type { DocumentEdits, Edit } from '../document.ts'
import { emailAlias } from '../ids.ts'
import { findRepeat, idInput, idInUse, maximumListLength, parserOf, textInput } from '../parsing.ts'
import { refuseUnlessSelf } from '../principals.ts'
import { type CustomerView, customerKind } from './kind.ts'

const addressInput = z.object({
  id: idInput,
  lines: z.array(textInput(0, 500)).min(1, 'Give at least one line.').max(10),
  city: textInput(0, 500),
  postalCode: textInput(0, 32),
  countryCode: z.string().regex(/^[A-Z]{2}$/, 'Give an ISO 3166 code of two letters such as "GB".'),
})

const upsertCustomerInput = z.object({
  id: idInput,
  homeRegion: z.string().max(64, 'This names no region: that has up to 64 characters.').nullish(),
  name: textInput(0, 500).nullish(),
  email: z.email('Give an email address such as "ada@example.com".').max(320).nullish(),
  tags: z.array(textInput(1, 128)).max(maximumListLength).nullish(),
  addresses: z
    .array(addressInput)
    .max(maximumListLength)
    .nullish()
    .superRefine((addresses, context) => {
      const repeat = findRepeat(addresses ?? [], ({ id }) => id)
      if (repeat === null) return
      context.addIssue({ code: 'custom', path: [repeat, 'id'], message: 'Give each address id once.' })
    }),
})

export type UpsertCustomerInput = z.infer<typeof upsertCustomerInput> & {
  /** The keyed hash of the email; absent where none is given, or on a device, which has no key. */
  readonly emailHash?: string
}

/** Of two spellings of one address only one is free. */
function emailText(email: string): string {
  return email.normalize('NFC').toLowerCase()
}

export const upsertCustomer: CommandDefinition<UpsertCustomerInput> = {
  name: 'upsertCustomer',
  parse: parserOf(upsertCustomerInput),
  seal: (input, claimHash) =>
    input.email == null ? input : { ...input, emailHash: claimHash(emailText(input.email)) },
  reads: ({ id, emailHash }) => ({
    ...noReads,
    documents: [
      { kind: customerKind.name, id },
      { kind: contactKind.name, id },
    ],
    ids: [id],
    aliases: emailHash === undefined ? [] : [emailAlias(emailHash)],
  }),
  run(context, input) {
    const forbidden = refuseUnlessSelf(context.principal, input.id)
    if (forbidden !== null) return refuse(forbidden)
    const customer = context.view(customerKind, input.id)
    const home = customer?.homeRegion ?? input.homeRegion ?? context.region
    const error = findError(context, input, customer, home)
    if (error !== null) return refuse(error)
    const contact = context.view(contactKind, input.id)
    const contactEdits = editsOf(input, contact)
    const placement = homePlacement([home])
    const documents: DocumentEdits[] = []
    const events: CommitEvent[] = []
    const claim = claimEdits(input, customer)
    if (customer === undefined || claim.length > 0) {
      const created: readonly Edit[] = customer === undefined ? [{ map: 'fields', key: 'homeRegion', value: home }] : []
      const edits = [...created, ...claim]
      documents.push({ kind: customerKind.name, id: input.id, placement: 'everywhere', edits })
    }
    if (customer === undefined) {
      events.push({
        type: 'customer.created',
        entityId: input.id,
        data: { id: input.id, homeRegion: home },
        placement: 'everywhere',
      })
    }
    if (contactEdits.length > 0 || contact === undefined) {
      const edits = contactEdits.length > 0 ? contactEdits : [{ map: 'fields', key: 'name', value: null }]
      documents.push({ kind: contactKind.name, id: input.id, placement, edits })
      events.push({ type: 'contact.updated', entityId: input.id, data: eventData(input), placement })
    }
    return accept({ events, documents, result: { id: input.id } })
  },
}

function findError(
  context: CommandContext,
  input: UpsertCustomerInput,
  customer: CustomerView | undefined,
  home: RegionId,
): UserError | null {
  const field = ['homeRegion']
  if (customer === undefined) {
    const used = context.kindsOf(input.id).find((kind) => kind !== customerKind.name && kind !== contactKind.name)
    if (used !== undefined) return { code: 'INVALID', message: idInUse(used), field: ['id'] }
  } else if (input.homeRegion != null && input.homeRegion !== home) {
    return { code: 'INVALID', message: `The home region is ${home} and cannot be changed: leave it out.`, field }
  }
  if (customer?.erased === true)
    return { code: 'INVALID', message: 'This customer was erased: use another id.', field: ['id'] }
  if (!context.members.includes(home))
    return {
      code: 'INVALID',
      message: `There is no region ${home}: choose one of ${context.members.join(', ')}.`,
      field,
    }
  if (home !== context.region)
    return {
      code: 'RESIDENCY_VIOLATION',
      message: `The customer's home region is ${home}: send the command there.`,
      field,
    }
  const holder = input.emailHash === undefined ? undefined : context.byAlias(customerKind, emailAlias(input.emailHash))
  // Who it is stays untold: a customer may ask, too.
  if (holder !== undefined && holder.id !== input.id)
    return { code: 'INVALID', message: 'Another customer has this email: give another one.', field: ['email'] }
  return null
}

/** A claim is renewed by another email only: of two customers the one that had it first keeps it. */
function claimEdits(input: UpsertCustomerInput, customer: CustomerView | undefined): readonly Edit[] {
  const held = customer?.emailClaim?.hash ?? null
  const wanted = input.emailHash ?? null
  if (input.email === undefined || wanted === held || (input.email !== null && wanted === null)) return []
  return [{ map: 'fields', key: 'emailClaim', value: wanted }]
}

/** Lists remove only what this region holds; an entry written elsewhere at the same time stays (add wins). */
function editsOf(input: UpsertCustomerInput, contact: ContactView | undefined): readonly Edit[] {
  const edits: Edit[] = []
  const put = (map: string, key: string, value: Json) => edits.push({ map, key, value })
  if (input.name !== undefined) put('fields', 'name', input.name)
  if (input.email !== undefined) put('fields', 'email', input.email)
  if (input.tags !== undefined) {
    const held = new Set(contact?.tags)
    const wanted = new Set(input.tags ?? [])
    for (const tag of wanted) if (!held.has(tag)) put('tags', tag, true)
    for (const tag of held) if (!wanted.has(tag)) edits.push({ map: 'tags', key: tag, remove: true })
  }
  if (input.addresses !== undefined) {
    const wanted = new Set((input.addresses ?? []).map(({ id }) => id))
    for (const { id, ...address } of input.addresses ?? []) put('addresses', id, address)
    for (const { id } of contact?.addresses ?? [])
      if (!wanted.has(id)) edits.push({ map: 'addresses', key: id, remove: true })
  }
  // A removal leaves no register behind, so that this one says when the contact last changed.
  if (edits.some((edit) => 'remove' in edit)) put('fields', 'revised', null)
  return edits
}

function eventData(input: UpsertCustomerInput): JsonObject {
  const { name, email, tags, addresses } = input
  return {
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(tags !== undefined && { tags }),
    ...(addresses !== undefined && { addresses: addresses?.map((address) => ({ ...address })) ?? null }),
  }
}
