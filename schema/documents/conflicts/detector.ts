// Finds the conflicts of one document as changes arrive, causes first: two changes of a path are concurrent when neither
// is among the other's dependencies (Automerge's own graph). A function of the set of changes, whatever the order.
//
// A change whose dependencies are the document's heads has seen everything: that is asked first, and it is all that is
// asked where nobody writes at the same time. Otherwise what it has not seen is taken from the document's graph once, and
// the changes that follow in the same batch are looked up among those.

import { compareTimes, originOfTime } from '../../clock/hybrid-clock.ts'
import type { DocumentHandle } from '../automerge.ts'
import { hasSeen, identifyChange, type Sha256 } from '../change-bytes.ts'
import type { DocumentKind } from '../document.ts'
import type { FoldMark } from '../folding/mark.ts'
import { type ConflictPair, keepNewest, makePair, pairsKeptPerPath } from './conflict.ts'
import { type ChangeContent, readContent } from './content.ts'
import type { Touch } from './policies.ts'

interface Node {
  readonly hash: string
  readonly deps: readonly string[]
  readonly bytes: () => Uint8Array
  /** Read when first needed. */
  content?: ChangeContent | null
}

interface Meeting {
  readonly node: Node
  readonly content: ChangeContent
  readonly touch: Touch
}

export class ConflictDetector {
  readonly #kind: DocumentKind<unknown>
  readonly #document: string
  readonly #sha256: Sha256
  #handle: DocumentHandle | null = null
  #heads = new Set<string>()
  /** Whatever some change of this batch may not have seen, the batch itself included; holds all successors of its own. */
  #nodes = new Map<string, Node>()
  /** The batch: what one of these has not seen is among the nodes. */
  #taken = new Set<string>()
  #pairs: ConflictPair[] = []

  constructor(kind: DocumentKind<unknown>, document: string, sha256: Sha256) {
    this.#kind = kind
    this.#document = document
    this.#sha256 = sha256
  }

  /** The document as it stands, at the start and after a fold: another graph, with which all begins anew. */
  opened(handle: DocumentHandle): void {
    this.#handle = handle
    this.#heads = new Set(handle.backend.getHeads())
    this.#nodes = new Map()
    this.#taken = new Set()
  }

  /** The next change, on the newest graph, before or after it is applied there. */
  take(bytes: Uint8Array, marks: readonly FoldMark[] = []): void {
    const { hash, deps } = identifyChange(bytes, this.#sha256)
    const node: Node = { hash, deps, bytes: () => bytes }
    this.#nodes.set(hash, node)
    if (!hasSeen(deps, this.#heads)) this.#meet(node, marks)
    this.#taken.add(hash)
    for (const dep of deps) this.#heads.delete(dep)
    this.#heads.add(hash)
  }

  pairs(): readonly ConflictPair[] {
    return keepNewest(this.#pairs)
  }

  #meet(node: Node, marks: readonly FoldMark[]): void {
    // What it has not seen is less than what a dependency within the batch had not seen, and that is here already.
    if (!node.deps.some((dep) => this.#taken.has(dep))) this.#fetchUnseen(node.deps)
    const seen = this.#seenBy(node)
    const content = this.#contentOf(node)
    if (content === null) return
    const byPath = new Map<string, Meeting[]>()
    for (const { path } of content.touches) byPath.set(path, [])
    for (const other of this.#nodes.values()) {
      if (seen.has(other.hash)) continue
      const theirs = this.#contentOf(other)
      if (theirs === null) continue
      for (const touch of theirs.touches) byPath.get(touch.path)?.push({ node: other, content: theirs, touch })
    }
    for (const touch of content.touches) {
      const others = byPath.get(touch.path) ?? []
      const against = others.filter((other) => other.touch.mark !== touch.mark)
      for (const other of newestOf(against)) this.#pair({ node, content, touch }, other, marks)
    }
  }

  #fetchUnseen(deps: readonly string[]): void {
    const backend = this.#handle?.backend
    if (backend === undefined) throw new Error('a document must be open before its changes are looked at')
    for (const { hash, deps: theirs } of backend.getChangesMeta([...deps])) {
      if (this.#nodes.has(hash)) continue
      const bytes = () => {
        const change = backend.getChangeByHash(hash)
        if (change === null) throw new Error(`a ${this.#kind.name} has lost its change ${hash}`)
        return change
      }
      this.#nodes.set(hash, { hash, deps: theirs, bytes })
    }
  }

  /** The change and its ancestors, as far as they are among the nodes: those outside are nobody's question. */
  #seenBy(node: Node): ReadonlySet<string> {
    const seen = new Set([node.hash])
    const open = [node]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const dep of next.deps) {
        const cause = this.#nodes.get(dep)
        if (cause === undefined || seen.has(dep)) continue
        seen.add(dep)
        open.push(cause)
      }
    }
    return seen
  }

  #contentOf(node: Node): ChangeContent | null {
    if (node.content === undefined) node.content = readContent(this.#kind, this.#maps(), node.bytes())
    return node.content
  }

  #maps(): ReadonlyMap<string, string> {
    return new Map([...(this.#handle?.objects ?? [])].map(([map, object]) => [object, map]))
  }

  #pair(one: Meeting, other: Meeting, marks: readonly FoldMark[]): void {
    const at = { kind: this.#kind.name, document: this.#document, path: one.touch.path }
    const side = ({ node, content, touch }: Meeting) => ({
      change: nameOf(node.hash, marks),
      value: touch.value,
      mark: touch.mark,
      policy: touch.policy,
      time: content.time,
      region: content.region,
    })
    this.#pairs.push(makePair(at, side(one), side(other), this.#sha256))
  }
}

/** More of them would not be kept; those of one time stay together, for their pairs are told apart by id. */
function newestOf(meetings: readonly Meeting[]): readonly Meeting[] {
  if (meetings.length <= pairsKeptPerPath) return meetings
  const times = meetings.map(({ content }) => content.time).sort((left, right) => compareTimes(right, left))
  const last = times[pairsKeptPerPath - 1] ?? originOfTime
  return meetings.filter(({ content }) => compareTimes(content.time, last) >= 0)
}

/** The hash under which a change was committed: folds have carried it over under others. */
function nameOf(hash: string, marks: readonly FoldMark[]): string {
  let name = hash
  for (const { carried } of [...marks].reverse())
    for (const before in carried) if (carried[before] === name) name = before
  return name
}
