// The newest commits of the log, kept in memory for the serving streams: they all read the same tail, once from the
// store. Only durable commits are put in (W2). Knows no peers.

import type { Store, StoredCommit } from '@causeway/db/store'
import { isBranch } from '@causeway/schema/commit/branch'

/** At the bound the oldest are forgotten; a stream that stands further back reads from the store. */
export const maximumTailBytes = 16 * 1024 * 1024

export type TailCommit = Pick<StoredCommit, 'position' | 'commit'>

export class LogTail {
  readonly #store: Pick<Store, 'commitsAfterPosition'>
  /** Of consecutive positions. */
  #commits: TailCommit[] = []
  #bytes = 0
  /** Behind it the log held nothing but what was appended since, when last looked at; null where another node may have written. */
  #end: number | null = null
  /** How often another node may have written. */
  #rings = 0
  /** One read of the store serves all streams that stand at the same position. */
  #reading: { readonly after: number; readonly commits: Promise<readonly TailCommit[]> } | null = null

  constructor(store: Pick<Store, 'commitsAfterPosition'>) {
    this.#store = store
  }

  /** Commits by local position, `after` excluded, up to about `limitBytes`, at least one where there is one. */
  async after(after: number, limitBytes: number): Promise<readonly TailCommit[]> {
    const held = this.held(after, limitBytes)
    if (held !== null) return held
    if (this.#reading?.after !== after) this.#reading = { after, commits: this.#read(after, limitBytes) }
    const { commits } = this.#reading
    return upTo(await commits, 0, limitBytes)
  }

  /** The same from memory alone; null where the store has to be asked. */
  held(after: number, limitBytes: number): readonly TailCommit[] | null {
    if (after === this.#end) return nothing
    const first = this.#commits[0]
    if (first === undefined || first.position > after + 1) return null
    const found = upTo(this.#commits, after + 1 - first.position, limitBytes)
    return found.length > 0 ? found : null
  }

  /** Commits that have just become durable, in order. What does not join on replaces the tail. */
  append(commits: readonly TailCommit[]): void {
    for (const commit of commits) {
      const last = this.#commits.at(-1)
      if (last !== undefined && commit.position <= last.position) continue
      if (last !== undefined && commit.position > last.position + 1) this.#clear()
      this.#end = this.#end === commit.position - 1 ? commit.position : null
      this.#commits.push(commit)
      this.#bytes += commit.commit.bytes.length
    }
    let forgotten = 0
    while (this.#bytes > maximumTailBytes && forgotten < this.#commits.length - 1) {
      this.#bytes -= this.#commits[forgotten]?.commit.bytes.length ?? 0
      forgotten += 1
    }
    if (forgotten > 0) this.#commits = this.#commits.slice(forgotten)
  }

  /** Another node may have written: the store has to be asked again. */
  rang(): void {
    this.#rings += 1
    this.#end = null
  }

  async #read(after: number, limitBytes: number): Promise<readonly TailCommit[]> {
    const rings = this.#rings
    try {
      const found = await this.#store.commitsAfterPosition(after, limitBytes)
      // Only what joins on to the tail is kept: a stream that catches up must not push the newest out.
      const last = this.#commits.at(-1)
      if (last === undefined || (found[0]?.position ?? 0) === last.position + 1) this.append(found)
      // What was appended while this read was under way may not have been there for it.
      const isNews = last !== undefined && last.position > after
      if (found.length === 0 && rings === this.#rings && !isNews) this.#end = after
      return found
    } finally {
      this.#reading = null
    }
  }

  #clear(): void {
    this.#commits = []
    this.#bytes = 0
  }
}

const nothing: readonly TailCommit[] = Object.freeze([])

function upTo(commits: readonly TailCommit[], from: number, limitBytes: number): readonly TailCommit[] {
  let bytes = 0
  let end = from
  for (; end < commits.length; end++) {
    bytes += commits[end]?.commit.bytes.length ?? 0
    if (end > from && bytes > limitBytes) break
  }
  return commits.slice(from, end)
}

/** Who reads on from its position. */
interface Place {
  position: number
}

/** The next of the tail; none where its end is reached. */
export async function readTail(
  tail: Pick<LogTail, 'after'>,
  place: Place,
  limitBytes: number,
): Promise<readonly TailCommit[]> {
  for (;;) {
    const found = await tail.after(place.position, limitBytes)
    const sent = passed(place, found)
    if (sent.length > 0 || found.length === 0) return sent
  }
}

/** The same from memory alone; null where the store has to be asked. */
export function readHeld(tail: Pick<LogTail, 'held'>, place: Place, limitBytes: number): readonly TailCommit[] | null {
  for (;;) {
    const found = tail.held(place.position, limitBytes)
    if (found === null) return null
    const sent = passed(place, found)
    if (sent.length > 0 || found.length === 0) return sent
  }
}

/** What is applied beside a log is told to those who ask for it by name. */
function passed(place: Place, found: readonly TailCommit[]): readonly TailCommit[] {
  place.position = found.at(-1)?.position ?? place.position
  return found.some(({ commit }) => isBranch(commit.origin))
    ? found.filter(({ commit }) => !isBranch(commit.origin))
    : found
}
