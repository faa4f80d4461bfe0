// Counts what passes on the replication connections between regions, by what it is for: messages, and the bytes that they
// took on the wire. Knows what regions say to each other, and no region.

import { createHash } from 'node:crypto'
import { RecentHashes } from '@causeway/regions/replication/receiving/recent-hashes'
import { BatchUnpacker } from '@causeway/regions/replication/wire/batch-codec'
import { readFrame } from '@causeway/regions/replication/wire/frame'
import { openCommit, readCommit } from '@causeway/schema/commit/codec'
import { FrameTap, type SeenMessage } from './frames.ts'

export interface Carried {
  readonly messages: number
  readonly bytes: number
}

const crypto = { sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()) }

/** Of one connection: what each operation's id stands for, by the words of who asked. */
interface Conversation {
  readonly operations: Map<string, string>
  readonly unpackers: Map<string, BatchUnpacker>
}

export class WireTap {
  readonly #carried = new Map<string, Carried>()
  /** Of what has passed anywhere: what a region cannot put back is counted all the same. */
  readonly #seen = new RecentHashes()
  #reading: Promise<void> = Promise.resolve()

  /** For the two ways of one connection. */
  connection(): { readonly asked: (bytes: Buffer) => void; readonly answered: (bytes: Buffer) => void } {
    const conversation: Conversation = { operations: new Map(), unpackers: new Map() }
    const [out, back] = [new FrameTap(), new FrameTap()]
    return {
      asked: (bytes) => {
        for (const message of out.read(bytes)) this.#count(nameOfAsked(conversation, message), message)
      },
      answered: (bytes) => {
        for (const message of back.read(bytes)) {
          this.#reading = this.#reading.then(async () =>
            this.#count(await nameOfAnswer(conversation, message, this.#seen), message),
          )
        }
      },
    }
  }

  /** By what it was for, of what has passed so far. */
  async carried(): Promise<ReadonlyMap<string, Carried>> {
    await this.#reading
    return new Map(this.#carried)
  }

  #count(name: string, { wireBytes }: SeenMessage): void {
    const before = this.#carried.get(name) ?? { messages: 0, bytes: 0 }
    this.#carried.set(name, { messages: before.messages + 1, bytes: before.bytes + wireBytes })
  }
}

function nameOfAsked({ operations }: Conversation, message: SeenMessage): string {
  if (message.kind !== 'text') return message.kind
  const { type, id, payload } = JSON.parse(message.data.toString()) as {
    type: string
    id?: string
    payload?: { query?: string }
  }
  if (type !== 'subscribe' || id === undefined) return type
  const name = /^\w+ (\w+)/.exec(payload?.query ?? '')?.[1] ?? 'unknown'
  operations.set(id, name)
  return `${name}: asked`
}

async function nameOfAnswer(conversation: Conversation, message: SeenMessage, seen: RecentHashes): Promise<string> {
  if (message.kind !== 'text' && message.kind !== 'binary') return message.kind
  const { type, id, payload } = (
    message.kind === 'text' ? JSON.parse(message.data.toString()) : readFrame(message.data)
  ) as { type: string; id?: string; payload?: { data?: { commits?: { commits?: unknown } } } }
  if (id === undefined) return type
  const name = conversation.operations.get(id) ?? 'unknown'
  const commits = payload?.data?.commits?.commits
  if (type !== 'next') return `${name}: ${type}`
  if (!(commits instanceof Uint8Array)) return `${name}: answer`
  const unpacker = conversation.unpackers.get(id) ?? new BatchUnpacker((...place) => seen.at(...place))
  conversation.unpackers.set(id, unpacker)
  const types = (await unpacker.unpack(commits)).map((bytes) => {
    const commit = openCommit(bytes, crypto)
    seen.note(commit)
    return readCommit(commit).events[0]?.type
  })
  if (types.length === 0 && commits.length > 1) return `${name}: not put back`
  return types.length === 0 ? `${name}: heartbeat` : `${name}: ${[...new Set(types)].join(', ')}`
}
