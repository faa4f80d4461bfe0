// Serves a bundled app on loopback, and beside it just enough of a gateway for its commands: each keyed command is counted and
// accepted. Real gateways stand in other tests.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' }

export interface CommandRequest {
  readonly key: string
  readonly resent: boolean
}

export class AppServer {
  readonly commands: CommandRequest[] = []
  /** Commands are answered once this resolves. */
  beforeAnswer: () => Promise<void> = async () => {}
  readonly #server: Server
  readonly #files: ReadonlyMap<string, Uint8Array | string>

  /** Path → content. `/` is an empty page where there is none. */
  constructor(files: ReadonlyMap<string, Uint8Array | string>) {
    this.#files = files
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/'
      if (path === '/graphql') {
        const parts: Buffer[] = []
        request.on('data', (part: Buffer) => parts.push(part))
        request.on('end', () => {
          const resent = request.headers['causeway-resent'] === '1'
          void this.#answer(Buffer.concat(parts).toString(), resent).then((body) => {
            response.writeHead(200, { 'content-type': 'application/json', 'causeway-region': 'eu-west-1' }).end(body)
          })
        })
        return
      }
      const content = this.#files.get(path) ?? (path === '/' ? '<!doctype html><title>app</title>' : undefined)
      if (content === undefined) return void response.writeHead(404).end()
      const ending = path === '/' ? 'html' : (path.split('.').at(-1) ?? '')
      response.writeHead(200, { 'content-type': types[ending] ?? 'application/octet-stream' }).end(content)
    })
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async #answer(text: string, resent: boolean): Promise<string> {
    const { query, variables } = JSON.parse(text) as {
      query: string
      variables?: { input?: { idempotencyKey?: string } }
    }
    const key = variables?.input?.idempotencyKey
    const name = /\{\s*(\w+)\(input/.exec(query)?.[1]
    if (key === undefined || name === undefined) return JSON.stringify({ data: { __typename: 'Query' } })
    this.commands.push({ key, resent })
    await this.beforeAnswer()
    return JSON.stringify({ data: { [name]: { causalToken: '1', userErrors: [] } } })
  }
}
