// How this device stands with the network, in words, and the switch that takes it off.

import { useClient, useStatus } from '@causeway/client/react'

export function SyncBar() {
  const client = useClient()
  const status = useStatus()
  const isOffline = status.connection === 'offline'
  return (
    <div className="sync">
      <p className={`sync-state ${status.connection}`} role="status">
        <span className="dot" aria-hidden="true" />
        {words(status)}
        {status.wasEvicted ? ' · this device had lost what it kept' : ''}
      </p>
      <button
        type="button"
        role="switch"
        className="switch"
        aria-checked={isOffline}
        onClick={() => (isOffline ? client.connect() : client.disconnect())}
      >
        <span className="switch-track" aria-hidden="true" />
        Offline
      </button>
    </div>
  )
}

interface Standing {
  readonly connection: 'online' | 'connecting' | 'offline'
  readonly region: string | null
  readonly pending: number
  readonly behind: number
}

function words({ connection, region, pending, behind }: Standing): string {
  const waiting = pending === 0 ? '' : pending === 1 ? ' · 1 change waits' : ` · ${pending} changes wait`
  switch (connection) {
    case 'online':
      return `Online${region === null ? '' : ` · ${region}`}${behind > 0 ? ` · ${behind} to come` : ''}${waiting}`
    case 'connecting':
      return `Looking for the shop …${waiting}`
    case 'offline':
      return `Offline${waiting === '' ? ' · everything is saved here' : `${waiting}, saved here`}`
    default:
      return connection
  }
}
