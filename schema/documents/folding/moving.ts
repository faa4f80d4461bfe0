// Between the graphs that folds have made of one history without knowing of each other: what was written on the graph of one
// goes over to that of a lower one, by way of the history that both have folded. Pure functions of bytes.
//
// An operation on a fold's graph is of the fold itself, or was carried over, or was written there, or was moved there from
// a higher fold's graph. The first two have a name in the history before, and from there one on the other graph; the others get
// a new one there, whose counter is higher than all that it can stand on.

import * as Automerge from '#automerge'
import type { Sha256 } from '../change-bytes.ts'
import { compareText } from '../register.ts'
import type { Operation } from '../text/operation.ts'
import { compareOperations, parseOperation, head as textHead } from './elements.ts'
import { carriedActor, deriveActor, placeholderKey, placeOf, renamer, root } from './fold.ts'
import type { FoldMark, Rival } from './mark.ts'

/** Folds of one history that did not know of each other, the lowest first. */
export type Family = readonly Pick<Rival, 'mark' | 'authors'>[]

/** An operation as the other graph can name it: by what it was before both folds, or by its name there. */
type Named = { readonly before: string } | { readonly moved: string }

interface Inverse {
  /** By the counter of a fold's own operation: the operation or object that it took the place of. */
  readonly own: ReadonlyMap<number, string>
  /** Who wrote before the fold, by their names after it. */
  readonly carried: ReadonlyMap<string, string>
  /** Who wrote on a higher fold's graph, by their names on this one. */
  readonly guests: ReadonlyMap<string, { readonly from: number; readonly author: string }>
}

/** Moves changes written on the graphs of `family` to those of lower ones of it. */
export class Mover {
  readonly #family: Family
  readonly #sha256: Sha256
  readonly #inverses = new Map<number, Inverse>()

  constructor(family: Family, sha256: Sha256) {
    this.#family = family
    this.#sha256 = sha256
  }

  /** A change of the graph of `from` as one of the graph of `to`, the lower of the two. All that it stands on has been moved. */
  move(change: Uint8Array, from: number, to: number): { readonly hash: string; readonly bytes: Uint8Array } {
    const decoded = Automerge.decodeChange(change)
    const { mark } = this.#at(to)
    const rename = renamer(mark, this.#sha256)
    const nameOf = (operation: string): string | null => {
      const named = this.#name(operation, from, to)
      return 'moved' in named ? named.moved : rename(named.before)
    }
    const objectOf = (object: string): string | null => {
      const named = this.#name(object, from, to)
      return 'moved' in named ? named.moved : (mark.objects[named.before] ?? rename(named.before))
    }
    const elementOf = (element: string): string => {
      const named = this.#name(element, from, to)
      return 'moved' in named ? named.moved : (rename(named.before) ?? placeOf(mark, named.before))
    }
    const ops = decoded.ops.map((op: Operation): Operation => {
      const pred = op.pred.flatMap((operation) => nameOf(operation) ?? []).sort(compareOperations)
      const obj = op.obj === root ? root : objectOf(op.obj)
      if (obj === null || (op.action === 'del' && pred.length === 0))
        return { action: 'set', obj: root, key: placeholderKey, value: '', pred: [] }
      if (op.elemId === undefined) return { ...op, obj, pred }
      return { ...op, obj, pred, elemId: op.elemId === textHead ? textHead : elementOf(op.elemId) }
    })
    const { seq, startOp, time, message } = decoded
    const bytes = Automerge.encodeChange({
      actor: this.#movedActor(decoded.actor, from, to),
      author: null,
      seq,
      startOp: startOp + this.#shift(from, to),
      time,
      message,
      deps: this.#depsOf(decoded.deps, from, to),
      ops,
    })
    return { hash: decoded.hash, bytes }
  }

  #depsOf(deps: readonly string[], from: number, to: number): string[] {
    const [source, target] = [this.#at(from).mark, this.#at(to).mark]
    const before = new Map(Object.entries(source.carried).map(([old, carried]) => [carried, old]))
    const moved = deps.flatMap((dep) => {
      const stoodFor = dep === source.genesis ? source.heads : [before.get(dep) ?? dep]
      return stoodFor.flatMap((hash) => target.carried[hash] ?? [])
    })
    return moved.length === 0 ? [target.genesis] : [...new Set(moved)].sort(compareText)
  }

  #name(operation: string, from: number, to: number): Named {
    const { mark } = this.#at(from)
    const inverse = this.#inverse(from)
    const [counter, actor] = parseOperation(operation)
    if (actor === mark.actor) {
      const before = inverse.own.get(counter)
      if (before === undefined) throw new RangeError(`a fold has no operation ${counter}`)
      return { before }
    }
    const author = inverse.carried.get(actor)
    if (author !== undefined) return { before: `${counter - mark.size}@${author}` }
    const guest = inverse.guests.get(actor)
    if (guest !== undefined)
      return this.#name(`${counter - this.#shift(guest.from, from)}@${guest.author}`, guest.from, to)
    return { moved: `${counter + this.#shift(from, to)}@${this.#movedActor(actor, from, to)}` }
  }

  /** By how much counters grow: beyond the lower fold's own operations, and beyond all that the higher one has folded. */
  #shift(from: number, to: number): number {
    const last = Object.values(this.#at(from).mark.actors).reduce((most, [, operation]) => Math.max(most, operation), 0)
    return this.#at(to).mark.size + last
  }

  #movedActor(actor: string, from: number, to: number): string {
    return deriveActor(['moved', this.#at(to).mark.actor, this.#at(from).mark.actor, actor], this.#sha256)
  }

  #inverse(index: number): Inverse {
    const known = this.#inverses.get(index)
    if (known !== undefined) return known
    const { mark } = this.#at(index)
    const carried = new Map(mark.authors.map((author) => [carriedActor(mark, author, this.#sha256), author]))
    const guests = new Map(
      this.#family.flatMap(({ authors }, from) =>
        from <= index
          ? []
          : authors.map((author) => [this.#movedActor(author, from, index), { from, author }] as const),
      ),
    )
    const inverse = { own: ownOf(mark), carried, guests }
    this.#inverses.set(index, inverse)
    return inverse
  }

  #at(index: number): Family[number] {
    const found = this.#family[index]
    if (found === undefined) throw new RangeError(`no fold ${index} of ${this.#family.length}`)
    return found
  }
}

function ownOf({ objects, registers, elements }: FoldMark): ReadonlyMap<number, string> {
  const own = new Map<number, string>()
  for (const names of [objects, registers])
    for (const [before, after] of Object.entries(names)) own.set(parseOperation(after)[0], before)
  for (const [actor, runs] of Object.entries(elements?.standing ?? {}))
    for (const [start, count, to] of runs)
      for (let index = 0; index < count; index += 1) own.set(to + index, `${start + index}@${actor}`)
  return own
}
