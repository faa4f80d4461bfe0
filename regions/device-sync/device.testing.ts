// For tests: devices at the regions of a small cluster, over real HTTP and WebSockets.

import { covers } from '@causeway/schema/clock/version-vector'
import { closeDocument, genesisHeads, openDocument, readState } from '@causeway/schema/documents/automerge'
import { cartKind } from '@causeway/schema/documents/cart/kind'
import { type Patch, type Unit, unitJson } from '@causeway/schema/documents/units/unit'
import type { SyncItem, SyncMessage } from '@causeway/schema/sync/items'
import { expect } from 'vitest'
import { ask, type ServedCluster, serveCluster } from '../http/cluster.testing.ts'
import { stockMug } from '../http/shop.testing.ts'
import { closeClients, openClient } from '../http/subscription.testing.ts'

export const us = 'us-east-1'
export const eu = 'eu-west-1'
export const deviceSync = `subscription ($version: Int!, $scopes: [DeviceScopeInput!]!, $after: String) {
  deviceSync(version: $version, scopes: $scopes, after: $after) {
    cursor at phase loaded total now region regions held
    items { kind id scopes content } spans { scope kind after upTo }
  }
}`
export const applyUnits = `mutation ($input: ApplyUnitsInput!) {
  applyUnits(input: $input) { results { id state code message } causalToken now userErrors { code field message } }
}`
export async function openShop(): Promise<ServedCluster> {
  const cluster = await serveCluster([us, eu])
  await stockMug(cluster.at(us), 100, 'mug', 'cup', 'jug')
  return cluster
}

export async function closeShop(cluster: ServedCluster): Promise<void> {
  await closeClients()
  await cluster.stop()
}

type Message = Pick<SyncMessage, 'cursor' | 'at' | 'phase' | 'items' | 'spans' | 'held' | 'loaded' | 'total'>

/** A device that keeps what it is sent, as a replica would. */
export class Device {
  readonly #cluster: ServedCluster
  readonly held = new Map<string, SyncItem>()
  readonly messages: Message[] = []
  readonly errors: unknown[] = []
  cursor: string | null = null
  #stop: () => void = () => {}

  constructor(cluster: ServedCluster) {
    this.#cluster = cluster
  }

  follow(region: string, scopes: readonly object[], params: Record<string, unknown> = {}): this {
    const client = openClient(this.#cluster.at(region).server.url, params)
    const variables = { version: 1, scopes, after: this.cursor }
    this.#stop = client.subscribe(
      { query: deviceSync, variables },
      {
        next: ({ data, errors, extensions }) => {
          if (errors !== undefined) return void this.errors.push(...errors)
          const message = (data as { deviceSync: Message }).deviceSync
          expect((extensions as { causeway: { token: string } }).causeway.token).toBe(message.cursor)
          this.cursor = message.cursor
          this.messages.push(message)
          for (const item of message.items) this.held.set(`${item.kind}/${item.id}`, item)
        },
        error: (error) => this.errors.push(error),
        complete: () => {},
      },
    )
    return this
  }

  stop(): void {
    this.#stop()
  }

  async live(): Promise<this> {
    await expect.poll(() => this.errors.length > 0 || this.messages.at(-1)?.phase === 'LIVE').toBe(true)
    expect(this.errors).toEqual([])
    return this
  }

  /** Messages since the last time that this was asked. */
  take(): Message[] {
    return this.messages.splice(0)
  }
}

export async function converge(cluster: ServedCluster): Promise<void> {
  await expect
    .poll(
      () =>
        covers(cluster.at(eu).region.frontier(), cluster.at(us).region.frontier()) &&
        covers(cluster.at(us).region.frontier(), cluster.at(eu).region.frontier()),
    )
    .toBe(true)
}

let number = 0
export function unitOf(documentId: string, patches: readonly Patch[], more: Partial<Unit> = {}): Unit {
  number += 1
  return {
    ...{ id: `till.device-unit-${number}`, kind: 'cart', documentId, base: genesisHeads(cartKind), dependsOn: [] },
    ...{ patches, time: { wallMs: Date.now() - 1_000, counter: 0 }, region: us },
    ...more,
  }
}

export const line = (sku: string, quantity: number): Patch => ({ map: 'lines', key: sku, value: { quantity } })

export async function send(cluster: ServedCluster, region: string, units: readonly Unit[], resent = false) {
  const headers = resent ? { 'causeway-resent': '1' } : {}
  const { data, errors } = await ask(
    cluster.at(region).server,
    applyUnits,
    { input: { units: units.map(unitJson) } },
    headers,
  )
  expect(errors).toEqual([])
  return (
    data as unknown as {
      applyUnits: { results: { id: string; state: string; code: string | null }[]; userErrors: object[] }
    }
  ).applyUnits
}

export function linesOf(item: SyncItem | undefined) {
  const content = item?.content
  if (content == null || !('changes' in content)) return null
  const bytes = {
    snapshot: content.snapshot === null ? null : Buffer.from(content.snapshot, 'base64'),
    changes: content.changes.map((one) => new Uint8Array(Buffer.from(one, 'base64'))),
  }
  const handle = openDocument(cartKind, bytes, 'ab'.repeat(16))
  const view = cartKind.view(item?.id ?? '', readState(handle))
  closeDocument(handle)
  return view?.lines
}
