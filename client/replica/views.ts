// What an app reads: plain views in the shape of the public API. Amounts are decimal text, times RFC 3339 text.

export interface Money {
  readonly amount: string
  readonly currencyCode: string
}

export interface ProductView {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly archived: boolean
  readonly updatedAt: string
  readonly variants: readonly { readonly sku: string; readonly title: string; readonly price: Money }[]
}

export interface StockView {
  readonly sku: string
  readonly available: number
  readonly reserved: number
  readonly leased: number
  readonly onHand: number
  readonly rights: readonly { readonly region: string; readonly units: number }[]
  readonly updatedAt: string
}

export type OrderStatus = 'PLACED' | 'PAID' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED' | 'REFUNDED'

export interface OrderView {
  readonly id: string
  readonly status: OrderStatus
  readonly paymentState: 'UNPAID' | 'AUTHORIZED' | 'PAID' | 'PARTIALLY_REFUNDED' | 'REFUNDED'
  readonly fulfilmentState: 'UNFULFILLED' | 'SHIPPED' | 'DELIVERED' | 'RETURNED'
  readonly cancelled: boolean
  readonly customerId: string | null
  readonly region: string
  readonly placedAt: string
  readonly subtotal: Money
  readonly total: Money
  readonly adjustments: readonly { readonly kind: string; readonly label: string; readonly amount: Money }[]
  readonly lines: readonly {
    readonly id: string
    readonly sku: string
    readonly quantity: number
    readonly returnedQuantity: number
    /** Of those, units that the customer says come back, and nobody has taken in yet. */
    readonly announcedQuantity: number
    readonly unitPrice: Money
  }[]
}

export interface CartView {
  readonly id: string
  readonly customerId: string | null
  readonly updatedAt: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

export interface Address {
  readonly id: string
  readonly lines: readonly string[]
  readonly city: string
  readonly postalCode: string
  readonly countryCode: string
}

export interface CustomerView {
  readonly id: string
  readonly homeRegion: string
  readonly name: string | null
  readonly email: string | null
  readonly tags: readonly string[] | null
  readonly addresses: readonly Address[] | null
  readonly erased: boolean
  readonly updatedAt: string
}

export interface Views {
  readonly product: ProductView
  readonly stock: StockView
  readonly order: OrderView
  readonly cart: CartView
  readonly customer: CustomerView
}

export type ViewKind = keyof Views
