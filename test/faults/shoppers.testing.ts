// Shoppers who buy as fast as they can, each order under one key, and who ask another region where one does not answer, or the
// gateway again, which asks other regions itself, until they know what became of it. Knows regions and gateway by their URLs
// and nothing of what happens to them.

import { ask, type Reply } from '../support/ask.ts'

const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } userErrors { code message } }
}`

interface Placed {
  readonly placeOrder: {
    readonly order: { readonly id: string } | null
    readonly userErrors: readonly { readonly code: string; readonly message: string }[]
  } | null
}

/** `open`: the shopping ended before anybody could say. */
export type Fate = 'accepted' | 'refused' | 'open'

export interface Shopping {
  readonly fates: ReadonlyMap<string, Fate>
  readonly accepted: number
  readonly retries: number
  /** Answers that no shopper should ever get. */
  readonly problems: readonly string[]
}

/** For one attempt; a region that is cut off may need all of it to find that it cannot help. */
const attemptMs = 2_000
const stockRefusals = new Set(['OUT_OF_STOCK', 'STOCK_UNREACHABLE'])
/** Codes after which the same call goes elsewhere, or comes again. */
const passingCodes = new Set(['OUTCOME_PENDING', 'REGION_UNAVAILABLE', 'TIMEOUT'])

export class Shoppers implements Shopping {
  readonly fates = new Map<string, Fate>()
  readonly problems: string[] = []
  accepted = 0
  retries = 0
  readonly #urls: readonly string[]
  readonly #gateway: string
  readonly #sku: string
  #number = 0
  #isOver = false
  #left: Promise<unknown> = Promise.resolve()

  constructor(urls: readonly string[], gateway: string, sku: string) {
    this.#urls = urls
    this.#gateway = gateway
    this.#sku = sku
  }

  /** `each` shoppers at every region, who go round the regions, and as many at the gateway, who stay there. */
  open(each: number): void {
    const rounds = [
      ...this.#urls.map((_, home) => [...this.#urls.slice(home), ...this.#urls.slice(0, home)]),
      [this.#gateway],
    ]
    const shoppers = rounds.flatMap((round) => Array.from({ length: each }, () => round))
    this.#left = Promise.all(shoppers.map((round) => this.#shop(round)))
  }

  /** Nobody begins another order; what is under way is asked for until it is known or `withinMs` have passed. */
  async close(withinMs: number): Promise<void> {
    this.#isOver = true
    await Promise.race([this.#left, new Promise((resolve) => setTimeout(resolve, withinMs))])
  }

  async #shop(round: readonly string[]): Promise<void> {
    let pauseMs = 0
    while (!this.#isOver) {
      const id = `hot-${++this.#number}`
      this.fates.set(id, 'open')
      const fate = await this.#buy(id, round)
      this.fates.set(id, fate)
      if (fate === 'accepted') this.accepted++
      // Who is refused looks around a little before asking again.
      pauseMs = fate === 'refused' ? Math.min(500, pauseMs + 50) : 0
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  async #buy(id: string, round: readonly string[]): Promise<Fate> {
    const giveUpMs = Date.now() + 60_000
    for (let attempt = 0; Date.now() < giveUpMs; attempt++) {
      if (attempt > 0) this.retries++
      const url = round[attempt % round.length] ?? ''
      const reply = await this.#ask(url, id, attempt > 0).catch(() => null)
      const fate = reply === null ? null : this.#fateOf(reply)
      if (fate !== null) return fate
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return 'open'
  }

  #ask(url: string, id: string, resent: boolean): Promise<Reply<Placed>> {
    const input = { id, idempotencyKey: id, lines: [{ sku: this.#sku, quantity: 1 }] }
    const headers = { 'causeway-deadline': String(attemptMs), ...(resent && { 'causeway-resent': '1' }) }
    return ask<Placed>(url, placeOrder, { input }, headers)
  }

  /** Null where the answer is not the last word. */
  #fateOf({ data, errors }: Reply<Placed>): Fate | null {
    const placed = data?.placeOrder
    if (placed?.order) return 'accepted'
    const [refusal] = placed?.userErrors ?? []
    if (refusal !== undefined && stockRefusals.has(refusal.code)) return 'refused'
    const [error] = errors
    if (!passingCodes.has(error?.extensions?.code ?? ''))
      this.problems.push(refusal?.message ?? error?.message ?? 'no answer')
    return null
  }
}
