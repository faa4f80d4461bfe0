// automerge-repo in a process of its own, with its own storage in files and its own WebSocket: what the SDK is compared with. Its
// files are written when `flush` resolves, and not synced to the disk.

import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { type AutomergeUrl, type PeerId, Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { WebSocketServer } from 'ws'
import { percentile } from '../figure.ts'
import { skuOf } from '../shop.ts'
import { type Figures, givenTask, peakMegabytes, say, type Task } from './task.ts'

/** As many are asked for at once: one by one, each would wait for its own round trip. */
const atOnce = 200

function productOf(index: number) {
  const price = { amount: '12.50', currencyCode: 'GBP' }
  return { id: `product-${index}`, title: `Product ${index}`, variants: [{ sku: skuOf(index), title: 'one', price }] }
}

/** Says its port, and stays until it is stopped. */
async function serve(directory: string, documents: number): Promise<Figures> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise((resolve) => server.on('listening', resolve))
  const adapter = new WebSocketServerAdapter(
    server as unknown as ConstructorParameters<typeof WebSocketServerAdapter>[0],
  )
  const repo = new Repo({
    network: [adapter],
    peerId: 'server' as PeerId,
    shareConfig: { announce: async () => false, access: async () => true },
  })
  const addresses = Array.from({ length: documents }, (_, index) => repo.create(productOf(index)).url)
  await writeFile(`${directory}/addresses.json`, JSON.stringify(addresses))
  return { port: (server.address() as AddressInfo).port }
}

async function addressesIn(file: string): Promise<readonly AutomergeUrl[]> {
  return JSON.parse(await readFile(file, 'utf8')) as AutomergeUrl[]
}

async function findAll(repo: Repo, addresses: readonly AutomergeUrl[]): Promise<void> {
  for (let start = 0; start < addresses.length; start += atOnce)
    await Promise.all(addresses.slice(start, start + atOnce).map((url) => repo.find(url)))
}

async function load({ url, directory, addresses }: Extract<Task, { do: 'repo load' }>): Promise<Figures> {
  const urls = await addressesIn(addresses)
  const start = performance.now()
  const repo = new Repo({ network: [new WebSocketClientAdapter(url)], storage: new NodeFSStorageAdapter(directory) })
  // Asked before somebody is there, it says that there is no such document.
  await new Promise<void>((resolve) => repo.networkSubsystem.once('peer', () => resolve()))
  await findAll(repo, urls)
  await repo.flush()
  return { ms: performance.now() - start, documents: urls.length, megabytes: peakMegabytes() }
}

async function render(directory: string, file: string): Promise<Figures> {
  const urls = await addressesIn(file)
  const start = performance.now()
  const repo = new Repo({ network: [], storage: new NodeFSStorageAdapter(directory) })
  await findAll(repo, urls.slice(0, 20))
  const firstMs = performance.now() - start
  await findAll(repo, urls)
  return { firstMs, allMs: performance.now() - start, megabytes: peakMegabytes() }
}

async function write(directory: string, count: number): Promise<Figures> {
  const repo = new Repo({ network: [], storage: new NodeFSStorageAdapter(directory) })
  const carts = Array.from({ length: Math.ceil(count / 10) }, () =>
    repo.create<{ lines: Record<string, object> }>({ lines: {} }),
  )
  await repo.flush()
  const times: number[] = []
  for (let index = 0; index < count; index += 1) {
    const cart = carts[Math.floor(index / 10)]
    if (cart === undefined) continue
    const start = performance.now()
    cart.change((document) => {
      document.lines[skuOf(index % 10)] = { quantity: 1 + (index % 7) }
    })
    await repo.flush([cart.documentId])
    times.push(performance.now() - start)
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), megabytes: peakMegabytes() }
}

function figuresOf(task: Task): Promise<Figures> {
  switch (task.do) {
    case 'repo serve':
      return serve(task.directory, task.documents)
    case 'repo load':
      return load(task)
    case 'repo render':
      return render(task.directory, task.addresses)
    case 'repo write':
      return write(task.directory, task.count)
    default:
      throw new Error(`this process does not ${task.do}`)
  }
}

say(await figuresOf(givenTask()))
