// Nothing but where it is served: the SDK, its WebAssembly included, needs no plugin.

import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  build: { target: 'es2022', manifest: 'assets.json', chunkSizeWarningLimit: 6_000 },
  // `npm run dev` beside a running `npm start`.
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:4000', ws: true } } },
})
