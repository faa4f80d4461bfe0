// Opens the client for the device that the address names, and shows the shop; or two devices side by side.

import { createClient, indexedDbStorage } from '@causeway/client'
import { CausewayProvider } from '@causeway/client/react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { deviceOf } from './device.ts'
import { Pair } from './pair.tsx'
import './styles.css'

const query = new URLSearchParams(location.search)
const place = document.getElementById('app')
if (place === null) throw new Error('the page has no place for the app')
const root = createRoot(place)

if (import.meta.env.PROD && 'serviceWorker' in navigator)
  navigator.serviceWorker.register('./service-worker.js').catch(() => {})

if (query.get('view') === 'pair') root.render(<Pair />)
else {
  const device = deviceOf(query)
  root.render(<p className="opening">Opening the shop …</p>)
  createClient({
    url: `${location.origin}/graphql`,
    storage: indexedDbStorage(`storefront-${device.name}`),
    user: device.user,
    deviceId: `storefront-${device.name}`,
  }).then(
    (client) => {
      root.render(
        <CausewayProvider client={client}>
          <App device={device} />
        </CausewayProvider>,
      )
    },
    (error: unknown) => {
      const words = error instanceof Error ? error.message : String(error)
      root.render(
        <main className="opening" role="alert">
          This device cannot open the shop: {words}
        </main>,
      )
    },
  )
}
