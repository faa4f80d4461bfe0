// The simulated socket of a device: it breaks where the real one would.

import { encodeCursor } from '@causeway/schema/sync/cursor'
import { syncVersion } from '@causeway/schema/sync/items'
import { expect, it } from 'vitest'
import { SimulatedCluster } from '../cluster.ts'
import { VirtualProcess } from '../virtual-process.ts'
import { Line } from './line.ts'
import { socketsOf } from './socket.ts'

interface Socket {
  onopen: () => void
  onmessage: (event: { readonly data: string }) => void
  onclose: (event: { readonly code: number }) => void
  send(text: string): void
}

it('a line breaks where its node dies before it has anything to send', async () => {
  const cluster = new SimulatedCluster(1, ['eu-west-1'])
  const { time } = cluster
  await cluster.startAll()
  const faults: unknown[] = []
  const random = cluster.random.fork('phone')
  const line = new Line({ name: 'phone', cluster, gateways: [], random, report: (fault) => faults.push(fault) })
  const Constructor = socketsOf(line, new VirtualProcess('phone/1')) as new () => Socket
  const socket = new Constructor()
  const heard: string[] = []
  let code = 0
  socket.onopen = () => {
    // It has been shown what this node does not hold, which therefore waits.
    const at = { 'eu-west-1': 1_000 }
    const after = encodeCursor({ at, seen: at, held: [], loading: null })
    const scopes = [{ name: 's', stock: ['mug'], orders: [], carts: [] }]
    const payload = { variables: { version: syncVersion, scopes, after } }
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }))
  }
  socket.onmessage = ({ data }) => heard.push(data)
  socket.onclose = (event) => {
    code = event.code
  }
  await time.runFor(500)
  expect([code, heard]).toEqual([0, []])
  cluster.crash('eu-west-1')
  await time.runUntil('the line is broken', () => code !== 0, 5_000)
  expect([code, heard, faults]).toEqual([1006, [], []])
})
