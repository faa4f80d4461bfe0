// Stands where a region looks for its Postgres, as the service of a cluster of Postgres does: leads to one server, and from some
// moment on to another. Connections to the former end. Knows no region.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class DatabaseSwitch {
  readonly #server: Server = createServer((near) => this.#lead(near))
  readonly #sockets = new Set<Socket>()
  #target: URL

  private constructor(target: string) {
    this.#target = new URL(target)
  }

  static async open(target: string): Promise<DatabaseSwitch> {
    const opened = new DatabaseSwitch(target)
    opened.#server.listen(0, '127.0.0.1')
    await once(opened.#server, 'listening')
    return opened
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no address')
    const url = new URL(this.#target)
    url.hostname = '127.0.0.1'
    url.port = String(address.port)
    return url.href
  }

  lead(target: string): void {
    this.#target = new URL(target)
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #lead(near: Socket): void {
    const far = connect(Number(this.#target.port || 5432), this.#target.hostname)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  }
}
