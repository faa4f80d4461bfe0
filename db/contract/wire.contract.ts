// Stands between a store and its database, and can cut every wire or hold back what the database answers.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Wire {
  readonly #sockets = new Set<Socket>()
  /** What the database sends to these, its end among it, gets lost. */
  readonly #deaf = new Set<Socket>()
  readonly #server: Server
  readonly url: string
  refusing = false
  /** Cuts the wire instead of letting the answer to a commit through. */
  cutsAnswerToCommit = false

  private constructor(server: Server, target: URL, url: string) {
    this.#server = server
    this.url = url
    server.on('connection', (near) => {
      if (this.refusing) {
        near.destroy()
        return
      }
      const far = connect(Number(target.port || 5432), target.hostname)
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          this.#sockets.delete(socket)
          if (!this.#deaf.has(near)) near.destroy()
          far.destroy()
        })
      }
      near.on('data', (data) => far.write(data))
      far.on('data', (data) => {
        if (this.cutsAnswerToCommit && data.includes('COMMIT')) {
          this.cutsAnswerToCommit = false
          near.destroy()
        } else if (!this.#deaf.has(near)) near.write(data)
      })
    })
  }

  static async before(databaseUrl: string): Promise<Wire> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const url = new URL(databaseUrl)
    if (address === null || typeof address === 'string') throw new Error('no address')
    const target = new URL(databaseUrl)
    url.hostname = '127.0.0.1'
    url.port = String(address.port)
    return new Wire(server, target, url.href)
  }

  /** Of the connections that there are: as when the machine at the other end is gone. Those that are opened later are as ever. */
  deafen(): void {
    for (const socket of this.#sockets) this.#deaf.add(socket)
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }
}
