// The stories of the workload: what a few callers do together. Each tells how many commands it sends, and how often it
// is told among the others. Knows no region's state.

import type { JsonObject } from '@causeway/schema/json'
import type { Wish } from './shopper.ts'
import { skus, type Workload } from './workload.ts'

export interface Story {
  readonly name: string
  /** Share among all stories. */
  readonly weight: number
  /** Commands that it sends, about. */
  readonly commands: number
  readonly tell: (workload: Workload) => Promise<void>
}

function linesFor({ random }: Workload): JsonObject['lines'] {
  const chosen = skus.filter(() => random.chance(0.5))
  return (chosen.length > 0 ? chosen : [skus[0]]).map((sku) => ({ sku, quantity: random.integer(1, 4) }))
}

function orderFor(workload: Workload): JsonObject & { readonly id: string } {
  return { id: workload.newOrder(), lines: linesFor(workload) }
}

async function together(workload: Workload, wishes: readonly Wish[], withinMs: number): Promise<void> {
  await Promise.all(
    wishes.map(async (wish) => {
      await workload.pause(withinMs)
      await workload.shopper().ask(wish)
    }),
  )
}

/** Some keys have a shopper ask the same region again, so that its own answers are asked for, too. */
function pinnedNowAndThen({ random, members }: Workload): string | undefined {
  return random.chance(0.4) ? random.pick(members) : undefined
}

export const mainStory: Story = {
  name: 'a shopper places an order, looks at it, and it is shipped or cancelled',
  weight: 5,
  commands: 3,
  async tell(workload) {
    const shopper = workload.shopper()
    const input = orderFor(workload)
    const placed = await shopper.ask({
      name: 'placeOrder',
      input,
      key: workload.random.chance(0.3) ? workload.key() : null,
    })
    if (placed.status === 'refused') return
    shopper.knows(input.id)
    await shopper.read(input.id)
    const next = workload.random.chance(0.6) ? 'shipOrder' : 'cancelOrder'
    await shopper.ask({ name: next, input: { id: input.id }, key: workload.key() })
    await shopper.read(input.id)
    if (next === 'cancelOrder' || workload.random.chance(0.5)) return
    const lines = [{ lineId: '1', quantity: 1, restock: workload.random.chance(0.7) }]
    await shopper.ask({ name: 'returnOrderLines', input: { id: input.id, lines }, key: workload.key() })
    await shopper.read(input.id)
  },
}

export const stories: readonly Story[] = [
  mainStory,
  {
    name: 'several shoppers want the same at once',
    weight: 4,
    commands: 6,
    async tell(workload) {
      const wishes = Array.from(
        { length: 6 },
        (): Wish => ({ name: 'placeOrder', input: orderFor(workload), key: null }),
      )
      await together(workload, wishes, 30)
    },
  },
  {
    // Whether there is enough of it depends on the region that is asked, and so does the answer to whoever asks again.
    name: 'somebody orders most of what there is of one SKU',
    weight: 1.5,
    commands: 2,
    async tell(workload) {
      const { random } = workload
      const lines = () => [{ sku: workload.sku(), quantity: random.integer(8, 20) }]
      const key = () => (random.chance(0.5) ? workload.key() : null)
      const wishes = [0, 1].map(
        (): Wish => ({ name: 'placeOrder', input: { id: workload.newOrder(), lines: lines() }, key: key() }),
      )
      await together(workload, wishes, 30)
    },
  },
  {
    name: 'one order is placed in every region at once',
    weight: 2,
    commands: 3,
    async tell(workload) {
      const { id } = orderFor(workload)
      const wishes = workload.members.map(
        (pinned): Wish => ({
          name: 'placeOrder',
          input: { id, lines: linesFor(workload) },
          key: null,
          pinned,
          careful: false,
        }),
      )
      await together(workload, wishes, 200)
    },
  },
  {
    name: 'staff in several regions handle one order at the same time',
    weight: 6,
    commands: 4,
    async tell(workload) {
      const id = workload.order()
      if (id === undefined) return
      const part = { id, lines: [{ lineId: '1', quantity: 1, restock: workload.random.chance(0.6) }] }
      const steps: readonly Pick<Wish, 'name' | 'input'>[] = [
        { name: 'cancelOrder', input: { id } },
        { name: 'shipOrder', input: { id } },
        { name: 'returnOrderLines', input: part },
        { name: workload.random.chance(0.5) ? 'deliverOrder' : 'shipOrder', input: { id } },
      ]
      const wishes = steps.map((step): Wish => ({ ...step, key: workload.key(), pinned: pinnedNowAndThen(workload) }))
      await together(workload, wishes, 300)
    },
  },
  {
    // Some regions have not heard of the shipment when the goods are back; whoever has no answer asks where it is known.
    name: 'an order is shipped, and what comes back of it is told in one region and again in another',
    weight: 3,
    commands: 4,
    async tell(workload) {
      const { random } = workload
      const id = workload.newOrder()
      const lines = [{ sku: workload.sku(), quantity: random.integer(2, 4) }]
      const placed = await workload.shopper().ask({ name: 'placeOrder', input: { id, lines }, key: null })
      if (placed.status === 'refused') return
      const [sender, other] = [workload.region(), workload.region()]
      await workload.shopper().ask({ name: 'shipOrder', input: { id }, key: workload.key(), pinned: sender })
      const back = { id, lines: [{ lineId: '1', quantity: random.integer(1, 2), restock: random.chance(0.8) }] }
      const common = { name: 'returnOrderLines', input: back, key: workload.key(), careful: false } as const
      const isMarked = random.chance(0.5)
      const wishes: readonly Wish[] = [
        { ...common, pinned: other },
        { ...common, pinned: sender, resent: isMarked },
      ]
      await together(workload, wishes, random.pick([20, 100, 400]))
    },
  },
  {
    name: 'stock is received, and whoever received it asks once more',
    weight: 3,
    commands: 2,
    async tell(workload) {
      const input = { sku: workload.sku(), quantity: workload.random.integer(1, 12) }
      const wish: Wish = { name: 'receiveStock', input, key: workload.key(), pinned: pinnedNowAndThen(workload) }
      await workload.shopper().ask(wish)
      if (workload.random.chance(0.5)) await workload.pause(2_000)
      await workload.shopper().ask({ ...wish, resent: true, pinned: pinnedNowAndThen(workload) })
    },
  },
  {
    name: 'a careless caller sends one receipt to every region without saying so',
    weight: 2,
    commands: 3,
    async tell(workload) {
      const input = { sku: workload.sku(), quantity: workload.random.integer(1, 12) }
      const key = workload.key()
      const wishes = workload.members.map(
        (pinned): Wish => ({ name: 'receiveStock', input, key, pinned, careful: false }),
      )
      await together(workload, wishes, workload.random.chance(0.5) ? 20 : 1_500)
    },
  },
  {
    name: 'a till tells what came and went, in a region and again in another',
    weight: 3,
    commands: 2,
    async tell(workload) {
      const { random } = workload
      const kinds = ['RECEIPT', 'SALE', 'RETURN', 'WRITE_OFF', 'SALE'] as const
      const movements = Array.from({ length: random.integer(1, 4) }, (_, index) => {
        const kind = random.pick(kinds)
        return { id: `m${index}`, sku: workload.sku(), kind, quantity: random.integer(1, 3) }
      })
      const wish: Wish = { name: 'recordStockMovements', input: { movements }, key: workload.key() }
      await workload.shopper().ask(wish)
      await workload.shopper().ask({ ...wish, resent: true, pinned: workload.region() })
    },
  },
  {
    name: 'a product, a cart and a customer are changed in two regions at once',
    weight: 0.6,
    commands: 4,
    async tell(workload) {
      const { random } = workload
      const sku = workload.sku()
      const customer = `customer-${random.integer(1, 3)}`
      const home = workload.region()
      const title = () => ({ id: `product-${sku}`, title: `${sku} ${random.integer(1, 999)}` })
      const lines = [{ sku, quantity: random.integer(0, 3) }]
      const pinned = workload.region()
      const wishes: readonly Wish[] = [
        { name: 'upsertProduct', input: title(), key: workload.key(), pinned: workload.region() },
        { name: 'upsertProduct', input: title(), key: workload.key(), pinned },
        { name: 'updateCart', input: { id: `cart-${random.integer(1, 2)}`, lines }, key: workload.key(), pinned },
        {
          name: 'upsertCustomer',
          input: { id: customer, homeRegion: home, name: 'Ada', email: `${customer}@example.com` },
          key: workload.key(),
          pinned: home,
        },
      ]
      await together(workload, wishes, 100)
    },
  },
]
