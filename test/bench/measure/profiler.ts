// Takes processor profiles of a running Node process through its inspector: of its first thread and of every worker
// thread, over the same stretch of time. Knows nothing of what the process does.

import { once } from 'node:events'
import { request } from 'undici'
import { WebSocket } from 'ws'

/** One function at one place in the tree of calls, as V8 tells it. */
export interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

export interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

type Parameters_ = Readonly<Record<string, unknown>>
type Message = {
  readonly id?: number
  readonly method?: string
  readonly params?: Parameters_
  readonly result?: Parameters_
  readonly error?: { readonly message: string }
}
type Waiting = Map<number, { resolve: (result: Parameters_) => void; reject: (error: Error) => void }>

const samplingIntervalUs = 1_000

export class Profiler {
  readonly #socket: WebSocket
  readonly #waiting: Waiting = new Map()
  /** Sessions of worker threads. */
  readonly #workers = new Set<string>()
  #next = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message))
  }

  /** Starts profiles in the process whose inspector listens on `port`. */
  static async start(port: number): Promise<Profiler> {
    const { body } = await request(`http://127.0.0.1:${port}/json/list`)
    const [target] = (await body.json()) as { webSocketDebuggerUrl: string }[]
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '', { perMessageDeflate: false })
    await once(socket, 'open')
    const profiler = new Profiler(socket)
    await profiler.#send('NodeWorker.enable', { waitForDebuggerOnStart: false })
    for (const session of [null, ...profiler.#workers]) {
      await profiler.#send('Profiler.enable', {}, session)
      await profiler.#send('Profiler.setSamplingInterval', { interval: samplingIntervalUs }, session)
      await profiler.#send('Profiler.start', {}, session)
    }
    return profiler
  }

  /** One profile per thread, the first thread's first. */
  async stop(): Promise<readonly Profile[]> {
    const profiles: Profile[] = []
    for (const session of [null, ...this.#workers]) {
      const { profile } = await this.#send('Profiler.stop', {}, session)
      profiles.push(profile as Profile)
    }
    this.#socket.close()
    return profiles
  }

  #send(method: string, params: Parameters_, session: string | null = null): Promise<Parameters_> {
    this.#next += 1
    const id = this.#next
    const answer = new Promise<Parameters_>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    const message = JSON.stringify({ id, method, params })
    if (session === null) this.#socket.send(message)
    else {
      // What is for a worker travels in an envelope; its answer comes in one, too.
      this.#next += 1
      const envelope = { sessionId: session, message }
      this.#socket.send(JSON.stringify({ id: this.#next, method: 'NodeWorker.sendMessageToWorker', params: envelope }))
    }
    return answer
  }

  #receive(message: Message): void {
    const { id, method, params = {} } = message
    if (method === 'NodeWorker.attachedToWorker') this.#workers.add(String(params.sessionId))
    if (method === 'NodeWorker.detachedFromWorker') this.#workers.delete(String(params.sessionId))
    if (method === 'NodeWorker.receivedMessageFromWorker') this.#receive(JSON.parse(String(params.message)) as Message)
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (message.error !== undefined) waiting?.reject(new Error(message.error.message))
    else waiting?.resolve(message.result ?? {})
  }
}
