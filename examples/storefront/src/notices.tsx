// What became of commands that were refused: the shopper is told which and why, and may take the goods back into the cart. What
// was accepted needs no words here: the order itself shows it.

import type { Command, Outcome } from '@causeway/client'
import { useClient, useCommands } from '@causeway/client/react'
import { useEffect, useState } from 'react'
import { type CartLine, type Good, setQuantity } from './goods.ts'

interface NoticesProps {
  readonly goods: ReadonlyMap<string, Good>
  readonly cart: string
}

export function Notices({ goods, cart }: NoticesProps) {
  const settled = useCommands().filter(({ state }) => state === 'settled')
  return (
    <section className="notices" aria-label="What was refused" aria-live="polite">
      {settled.map((command) => (
        <Notice key={command.id} command={command} goods={goods} cart={cart} />
      ))}
    </section>
  )
}

function Notice({ command, goods, cart }: NoticesProps & { readonly command: Command }) {
  const client = useClient()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  useEffect(() => {
    let isShown = true
    command.outcome.then(
      (found) => {
        if (found.status === 'accepted') void command.acknowledge()
        else if (isShown) setOutcome(found)
      },
      // Another page has dealt with it.
      () => {},
    )
    return () => {
      isShown = false
    }
  }, [command])
  if (outcome === null || outcome.status === 'accepted') return null
  const lines = linesOf(command)
  const takeBack = async () => {
    for (const { sku, quantity } of lines) await setQuantity(client, cart, sku, quantity)
    await command.acknowledge()
  }
  return (
    <div className="notice">
      <div>
        <h2>{lines.length > 0 ? 'Your order could not be placed' : 'A change could not be made'}</h2>
        <p>{reason(outcome.code, outcome.message, lines, goods)}</p>
      </div>
      <div className="notice-buttons">
        {lines.length > 0 ? (
          <button type="button" className="quiet" onClick={() => void takeBack()}>
            Put back in cart
          </button>
        ) : null}
        <button type="button" className="quiet" onClick={() => void command.acknowledge()}>
          Dismiss
        </button>
      </div>
    </div>
  )
}

function linesOf(command: Command): readonly CartLine[] {
  if (command.name !== 'placeOrder' || !('lines' in command.input) || !Array.isArray(command.input.lines)) return []
  return command.input.lines as readonly CartLine[]
}

function reason(code: string, message: string, lines: readonly CartLine[], goods: ReadonlyMap<string, Good>): string {
  const names = lines.map(({ sku, quantity }) => `${quantity} × ${goods.get(sku)?.title ?? sku}`).join(', ')
  switch (code) {
    case 'OUT_OF_STOCK':
      return `${names}: there is not enough left. You were not charged.`
    case 'STOCK_UNREACHABLE':
      return `${names}: there is not enough within reach just now. Try again later; you were not charged.`
    case 'PRICE_CHANGED':
      return `${names}: the price has changed meanwhile. You were not charged.`
    case 'LEASE_EXPIRED':
      return `${names}: what was set aside here was given up by the shop before this sale was told. Count the goods.`
    default:
      return message
  }
}
