// Amounts as the API gives them, decimal text, added up exactly: in the smallest unit that occurs, never in a float.

export interface Price {
  readonly amount: string
  readonly currencyCode: string
}

export function sumOf(lines: readonly { readonly price: Price; readonly quantity: number }[]): Price | null {
  const first = lines[0]
  if (first === undefined) return null
  const decimals = Math.max(...lines.map(({ price }) => decimalsOf(price.amount)))
  const total = lines.reduce((sum, { price, quantity }) => sum + unitsOf(price.amount, decimals) * BigInt(quantity), 0n)
  const digits = total.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  return {
    amount: decimals === 0 ? whole : `${whole}.${digits.slice(digits.length - decimals)}`,
    currencyCode: first.price.currencyCode,
  }
}

/** As the reader writes it. Only shown, never counted with. */
export function shown(price: Price): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: price.currencyCode })
  return format.format(price.amount as Intl.StringNumericLiteral)
}

function decimalsOf(amount: string): number {
  return amount.split('.')[1]?.length ?? 0
}

function unitsOf(amount: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}
