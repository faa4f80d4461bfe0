// What is set aside for this till: units on lease, which it sells with or without a network and nobody else does. Taken while the
// shop can be reached, given back when the day is over.

import { type Lease, LeaseError } from '@causeway/client'
import { useClient, useLeases, useStatus } from '@causeway/client/react'
import { type FormEvent, useState } from 'react'
import type { Good } from '../goods.ts'

/** A working day. */
const leaseMinutes = 12 * 60
const mostUnits = 1_000

export function SetAside({ goods }: { readonly goods: ReadonlyMap<string, Good> }) {
  const client = useClient()
  const leases = useLeases()
  const isOnline = useStatus().connection === 'online'
  const [isTaking, setTaking] = useState(false)
  const [trouble, setTrouble] = useState<string | null>(null)
  const take = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [sku, quantity] = [String(form.get('sku')), Number(form.get('units'))]
    setTaking(true)
    setTrouble(null)
    try {
      await client.lease({ sku, quantity, minutes: leaseMinutes })
    } catch (error) {
      setTrouble(wordsOf(error, goods.get(sku)?.title ?? sku))
    } finally {
      setTaking(false)
    }
  }
  return (
    <section className="sheet aside" aria-label="Set aside for this till">
      <h2>Set aside for this till</h2>
      <p className="hint">What is set aside here sells without a network, too, and nobody else can sell it.</p>
      <ul className="lines">
        {leases.map((lease) => (
          <LeaseLine key={lease.id} lease={lease} title={goods.get(lease.sku)?.title ?? lease.sku} />
        ))}
      </ul>
      <form className="aside-form" onSubmit={(event) => void take(event)}>
        <label>
          <span className="label">Goods</span>
          <select name="sku" disabled={!isOnline}>
            {[...goods.values()].slice(0, 200).map(({ sku, title }) => (
              <option key={sku} value={sku}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label className="units">
          <span className="label">Units</span>
          <input name="units" type="number" min={1} max={mostUnits} defaultValue={5} required disabled={!isOnline} />
        </label>
        <button type="submit" className="quiet" disabled={!isOnline || isTaking || goods.size === 0}>
          {isTaking ? 'Asking …' : 'Set aside'}
        </button>
      </form>
      {isOnline ? null : <p className="hint">More can be set aside once the shop is reached again.</p>}
      <p className="trouble" role="alert">
        {trouble}
      </p>
    </section>
  )
}

function LeaseLine({ lease, title }: { readonly lease: Lease; readonly title: string }) {
  const { left, quantity } = lease
  return (
    <li>
      <span className="line-title">
        {title}
        <span className="lease-standing">{standingOf(lease)}</span>
      </span>
      <meter aria-label={`Left of ${title}`} min={0} max={quantity} value={left} />
      <button
        type="button"
        className="quiet"
        aria-label={`Give back: ${title}`}
        disabled={lease.state === 'closing'}
        onClick={() => void lease.close().catch((error: unknown) => reportError(error))}
      >
        Give back
      </button>
    </li>
  )
}

function standingOf({ left, quantity, state, expiresAt }: Lease): string {
  switch (state) {
    case 'open':
      return `${left} of ${quantity} left, until ${hourOf(expiresAt)}`
    case 'unsure':
      return 'The clock of this device was set back: it sells again once the shop is reached.'
    case 'ended':
      return 'Its time is over: it goes back once the shop is reached.'
    case 'closing':
      return 'Going back, once the shop knows of every sale.'
    case 'closed':
      return 'Given back.'
    default:
      return state
  }
}

function hourOf(instant: string): string {
  return new Date(instant).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
}

function wordsOf(error: unknown, title: string): string {
  const code = error instanceof LeaseError ? error.code : ''
  switch (code) {
    case 'OUT_OF_STOCK':
      return `There are not so many of ${title} left.`
    case 'STOCK_UNREACHABLE':
      return `There are not so many of ${title} within reach just now. Try again later, or take fewer.`
    case 'UNSUPPORTED':
      return 'This browser cannot keep goods aside: it cannot sign.'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
