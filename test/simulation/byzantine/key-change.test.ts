import { createCrypto, generateSigningKey, type SigningKey } from '@causeway/regions/crypto'
import type { CommandAnswer } from '@causeway/regions/region'
import { compareVectors } from '@causeway/schema/clock/version-vector'
import { upsertProduct } from '@causeway/schema/documents/product/commands'
import { describe, expect, it } from 'vitest'
import { checkConverged } from '../checkers/converged.ts'
import { SimulatedCluster } from '../cluster.ts'

const [ap, eu, us] = ['ap-south-1', 'eu-west-1', 'us-east-1'] as const
const principal = { subject: 'staff', roles: ['operator' as const], region: null }

/** Regions with real keys, as their configuration names them; a node reads it when it starts. */
class Keyed {
  readonly signing: Record<string, SigningKey> = {
    [ap]: generateSigningKey(),
    [eu]: generateSigningKey(),
    [us]: generateSigningKey(),
  }
  readonly pinned: Record<string, readonly string[]> = {}
  readonly cluster: SimulatedCluster
  #products = 0

  constructor(seed: number) {
    for (const id of [ap, eu, us]) this.pinned[id] = [this.keyOf(id).publicKey]
    this.cluster = new SimulatedCluster(seed, [ap, eu, us], undefined, {
      keysOf: (region, random) => {
        const { privateKeyPem, publicKey } = this.keyOf(region)
        const pinnedKeys = { ...this.pinned }
        const publicKeys = new Map(Object.entries(pinnedKeys))
        return { crypto: createCrypto({ region, privateKeyPem, publicKeys, random }), publicKey, pinnedKeys }
      },
    })
  }

  keyOf(id: string): SigningKey {
    const key = this.signing[id]
    if (key === undefined) throw new Error(`no key of ${id}`)
    return key
  }

  async restart(...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      this.cluster.crash(id)
      void this.cluster.start(id)
    }
    await this.cluster.time.runUntil('they are up', () => ids.every((id) => this.cluster.region(id)), 60_000)
  }

  async write(id: string): Promise<void> {
    this.#products += 1
    const sku = `sku-${this.#products}`
    const variants = [{ sku, title: 'Mug', price: { amount: '4.00', currencyCode: 'GBP' } }]
    const input = { id: `product-${this.#products}`, title: 'Mug', variants }
    const deadlineAt = this.cluster.time.now() + 5_000
    let answer: CommandAnswer | undefined
    const region = this.cluster.region(id)
    void region?.execute(upsertProduct, input as never, { principal, resent: false, deadlineAt }).then((value) => {
      answer = value
    })
    await this.cluster.time.runUntil('the write', () => answer !== undefined, 10_000)
    expect(answer?.status).toBe('accepted')
  }

  async agree(...ids: readonly string[]): Promise<void> {
    const [first = eu] = ids
    const frontier = (id: string) => this.cluster.database(id).head.frontier
    const same = () => ids.every((id) => compareVectors(frontier(id), frontier(first)) === 'equal')
    await this.cluster.time.runUntil('they have applied the same', same, 30_000)
    await checkConverged(this.cluster, ids)
  }
}

describe('a region changes its signing key', () => {
  it('C6: the new key is told by the configuration, region by region; what the old one signed stays believed', async () => {
    const keyed = new Keyed(301)
    await keyed.restart(eu, us)
    await keyed.write(us)
    await keyed.agree(eu, us)
    const newer = generateSigningKey()
    keyed.pinned[us] = [keyed.keyOf(us).publicKey, newer.publicKey]
    await keyed.restart(eu)
    await keyed.write(us)
    await keyed.restart(us)
    await keyed.write(us)
    keyed.signing[us] = newer
    await keyed.restart(us)
    await keyed.write(us)
    await keyed.agree(eu, us)
    // One that has never heard of us gets all of its log, under both keys, from eu alone.
    keyed.cluster.network.cut(ap, us)
    await keyed.restart(ap)
    await keyed.agree(ap, eu)
    expect(keyed.cluster.database(ap).head.frontier[us]).toBeGreaterThanOrEqual(4)
  })

  it('C6: a key that no configuration names is not believed, whoever tells of it, and nobody else stops', async () => {
    const keyed = new Keyed(302)
    await keyed.restart(ap, eu, us)
    await keyed.write(us)
    await keyed.agree(ap, eu, us)
    const held = keyed.cluster.database(eu).head.frontier[us] ?? 0
    const known = keyed.pinned[us] ?? []
    keyed.signing[us] = generateSigningKey()
    keyed.pinned[us] = [...known, keyed.keyOf(us).publicKey]
    await keyed.restart(us)
    await keyed.write(us)
    for (let minute = 0; minute < 3; minute += 1) {
      await keyed.write(eu)
      await keyed.write(ap)
      await keyed.cluster.time.runFor(20_000)
    }
    await keyed.agree(ap, eu)
    expect(keyed.cluster.database(eu).head.frontier[us]).toBe(held)
    // Told of it at last, they go on.
    await keyed.restart(ap, eu)
    await keyed.agree(ap, eu, us)
    expect(keyed.cluster.database(eu).head.frontier[us]).toBeGreaterThan(held)
  })
})
