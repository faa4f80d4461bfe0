// A minimal app, as a user would write it: bundled by tests as an app is, from the packages as they are built, without any plugin.

import { createClient, indexedDbStorage } from '@causeway/client'

const client = await createClient({
  url: `${location.origin}/graphql`,
  storage: indexedDbStorage('bundled'),
  user: 'ada',
})
await client.cart('cart-1').change((cart) => {
  cart.lines.mug = { quantity: 2 }
})
const { lines } = client.cart('cart-1').get() ?? { lines: [] }
// A worker has no document, and says it to its page.
if (typeof document === 'undefined') postMessage(lines)
else Object.assign(globalThis, { bundledLines: lines })
