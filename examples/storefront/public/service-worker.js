// Keeps the app itself, so that a reload without a network still opens the shop. What the shop holds is the SDK's matter.

const cacheName = 'storefront'

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const manifest = await (await fetch('./assets.json', { cache: 'no-cache' })).json()
      const files = Object.values(manifest).flatMap((entry) => [entry.file, ...(entry.css ?? [])])
      const cache = await caches.open(cacheName)
      await cache.addAll(['./', './icon.svg', ...files.map((file) => `./${file}`)])
      await self.skipWaiting()
    })(),
  )
})

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

// The network first, so that a new version shows at once; what is kept where there is none.
self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin || url.pathname === '/graphql') return
  event.respondWith(
    (async () => {
      const cache = await caches.open(cacheName)
      try {
        const response = await fetch(request)
        if (response.ok) await cache.put(request, response.clone())
        return response
      } catch (error) {
        const kept = await cache.match(request, { ignoreSearch: request.mode === 'navigate' })
        if (kept !== undefined) return kept
        throw error
      }
    })(),
  )
})
