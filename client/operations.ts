// The GraphQL that the SDK speaks: one mutation per command, one for units, one subscription. Text and types only.

import type { Money } from './replica/views.ts'

export const queries = { probe: '{ __typename }' } as const

export const deviceSync = `subscription ($version: Int!, $scopes: [DeviceScopeInput!]!, $after: String) {
  deviceSync(version: $version, scopes: $scopes, after: $after) {
    cursor at phase loaded total now region regions held
    items { kind id scopes content } spans { scope kind after upTo }
  }
}`

export const applyUnits = `mutation ($input: ApplyUnitsInput!) {
  applyUnits(input: $input) { results { id state code message } causalToken now userErrors { code message field } }
}`

export interface CommandInputs {
  readonly placeOrder: {
    /** Made by the app, best a UUID: placing the same id again is the same order. */
    readonly id: string
    readonly customerId?: string | null
    readonly lines: readonly {
      readonly id?: string
      readonly sku: string
      readonly quantity: number
      readonly unitPrice?: Money
    }[]
    readonly adjustments?: readonly {
      readonly kind: 'DISCOUNT' | 'SHIPPING' | 'TAX' | 'OTHER'
      readonly label: string
      readonly amount: Money
    }[]
    readonly durability?: number
    /**
     * `only`: units that this device has on lease, or nothing is queued. `never`: none of them. Left out: of each SKU that a lease
     * holds enough of, from there; everything else as always.
     */
    readonly fromLeases?: 'only' | 'never'
  }
  readonly cancelOrder: { readonly id: string; readonly note?: string }
  readonly shipOrder: { readonly id: string; readonly note?: string }
  readonly deliverOrder: { readonly id: string; readonly note?: string }
  readonly returnOrderLines: {
    readonly id: string
    readonly lines: readonly { readonly lineId: string; readonly quantity: number; readonly restock?: boolean }[]
    readonly note?: string
  }
  /** Absent fields stay, null clears. */
  readonly upsertCustomer: {
    readonly id: string
    readonly homeRegion?: string
    readonly name?: string | null
    readonly email?: string | null
    readonly tags?: readonly string[]
    readonly addresses?: readonly {
      readonly id: string
      readonly lines: readonly string[]
      readonly city: string
      readonly postalCode: string
      readonly countryCode: string
    }[]
  }
  readonly receiveStock: { readonly sku: string; readonly quantity: number }
  readonly recordStockMovements: {
    readonly movements: readonly {
      readonly id: string
      readonly sku: string
      readonly kind: 'RECEIPT' | 'SALE' | 'RETURN' | 'WRITE_OFF'
      readonly quantity: number
      readonly at?: string
    }[]
  }
}

export type CommandName = keyof CommandInputs

/** What the SDK itself asks for about stock that is lent to it. */
export type LeaseWork = 'leaseStock' | 'closeLease'

const inputTypes: Readonly<Record<CommandName | LeaseWork, string>> = {
  placeOrder: 'PlaceOrderInput',
  cancelOrder: 'OrderInput',
  shipOrder: 'OrderInput',
  deliverOrder: 'OrderInput',
  returnOrderLines: 'ReturnOrderLinesInput',
  upsertCustomer: 'UpsertCustomerInput',
  receiveStock: 'ReceiveStockInput',
  recordStockMovements: 'RecordStockMovementsInput',
  leaseStock: 'LeaseStockInput',
  closeLease: 'CloseLeaseInput',
}

/** Selected beside what every answer has. */
const more: Readonly<Partial<Record<CommandName | LeaseWork, string>>> = {
  recordStockMovements: 'accepted rejected { id code message }',
  leaseStock: 'lease { id sku quantity opensAt expiresAt }',
}
const moreOfErrors: Readonly<Partial<Record<CommandName | LeaseWork, string>>> = {
  placeOrder: 'leaseEntry',
  closeLease: 'leaseEntry',
}

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(inputTypes, text) && text !== 'leaseStock' && text !== 'closeLease'
}

/** The mutation of a command; its answer is at the command's name. What it changed comes by the sync. */
export function mutationOf(name: CommandName | LeaseWork): string {
  const errors = `userErrors { code message field sku available ${moreOfErrors[name] ?? ''} }`
  return `mutation ($input: ${inputTypes[name]}!) { ${name}(input: $input) { causalToken ${errors} ${more[name] ?? ''} } }`
}
