// Which device this page plays: each has storage of its own, so that two of them stand side by side in one browser.

export interface Device {
  readonly name: string
  readonly user: string
  /** The person's cart, the same on all of their devices. */
  readonly cart: string
  /** The sale that this till is ringing up. */
  readonly sale: string
}

export function deviceOf(query: URLSearchParams): Device {
  const name = /^[a-z0-9]{1,20}$/.exec(query.get('device') ?? '')?.[0] ?? 'one'
  const user = /^[a-z0-9-]{1,40}$/.exec(query.get('user') ?? '')?.[0] ?? 'sample-ada'
  return { name, user, cart: `cart-${user}`, sale: `sale-${user}-${name}` }
}
