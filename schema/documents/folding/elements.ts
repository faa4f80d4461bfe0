// The characters of the texts in a folded history, in their order: those that stand become the fold's own, and of those
// that were deleted it is remembered behind which one they stood, for somebody may still write behind them. Pure.

import { compareText } from '../register.ts'
import type { Operation } from '../text/operation.ts'

export const head = '_head'

export function parseOperation(name: string): readonly [counter: number, actor: string] {
  const at = name.indexOf('@')
  return [Number(name.slice(0, at)), name.slice(at + 1)]
}

/** By counter, then actor: the one order of operations. */
export function compareOperations(left: string, right: string): number {
  const [leftCounter, leftActor] = parseOperation(left)
  const [rightCounter, rightActor] = parseOperation(right)
  return leftCounter - rightCounter || compareText(leftActor, rightActor)
}

interface Inserted {
  /** Of the operation that put it there. */
  readonly name: string
  readonly value: string
}

export interface Element extends Inserted {
  readonly isDeleted: boolean
}

/** Gathers the operations of a history's texts, in any order, and puts their characters in order. */
export class Elements {
  readonly #inserts = new Map<string, Map<string, Inserted[]>>()
  readonly #deleted = new Set<string>()

  /** `startOp` and `actor`: of the change whose operations these are. */
  take(ops: readonly Operation[], startOp: number, actor: string): void {
    for (const [index, { action, obj, elemId, insert, value, pred }] of ops.entries()) {
      if (elemId === undefined) continue
      if (action === 'del') for (const name of pred) this.#deleted.add(name)
      if (insert !== true) continue
      const behind = this.#inserts.get(obj) ?? new Map<string, Inserted[]>()
      this.#inserts.set(obj, behind)
      const element = { name: `${startOp + index}@${actor}`, value: String(value) }
      const siblings = behind.get(elemId)
      if (siblings === undefined) behind.set(elemId, [element])
      else siblings.push(element)
    }
  }

  /** Of what was put behind one character the latest operation comes first, with all that was put behind it. */
  of(text: string): readonly Element[] {
    const behind = this.#inserts.get(text)
    const ordered: Element[] = []
    const open = [...this.#behind(behind, head)]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      ordered.push({ ...next, isDeleted: this.#deleted.has(next.name) })
      open.push(...this.#behind(behind, next.name))
    }
    return ordered
  }

  /** The latest last, as a stack wants it. */
  #behind(behind: ReadonlyMap<string, Inserted[]> | undefined, name: string): readonly Inserted[] {
    return [...(behind?.get(name) ?? [])].sort((left, right) => compareOperations(left.name, right.name))
  }
}

/** `count` operations of an actor from `start` on; the first is the fold's operation `to`, and so on. */
type StandingRun = readonly [start: number, count: number, to: number]
/** These were deleted, and stood behind the fold's operation `behind`; 0 is the beginning of the text. */
type DeletedRun = readonly [start: number, count: number, behind: number]

/** What became of the characters of a folded history, by the actors that wrote them. */
export interface FoldedElements {
  readonly standing: Readonly<Record<string, readonly StandingRun[]>>
  readonly deleted: Readonly<Record<string, readonly DeletedRun[]>>
}

/** Writes down where each character went; those typed in a row take one run. */
export class ElementRuns {
  readonly #standing: Record<string, StandingRun[]> = {}
  readonly #deleted: Record<string, DeletedRun[]> = {}

  /** `at`: the fold's own operation for it where it stands, else the one that it stood behind. */
  add({ name, isDeleted }: Element, at: number): void {
    const [counter, actor] = parseOperation(name)
    const runs = isDeleted ? this.#deleted : this.#standing
    const own = runs[actor] ?? []
    runs[actor] = own
    const last = own.at(-1)
    const [start, count, to] = last ?? [0, 0, 0]
    const continues = last !== undefined && counter === start + count && at === (isDeleted ? to : to + count)
    if (continues) own[own.length - 1] = [start, count + 1, to]
    else own.push([counter, 1, at])
  }

  runs(): FoldedElements {
    return { standing: this.#standing, deleted: this.#deleted }
  }
}

/** The fold's operation for a character that stands; null where it does not. */
export function standingAt({ standing }: FoldedElements, counter: number, actor: string): number | null {
  const run = standing[actor]?.find(([start, count]) => counter >= start && counter < start + count)
  return run === undefined ? null : run[2] + counter - run[0]
}

/** The fold's operation that a deleted character stood behind, 0 for the beginning; null where it was not deleted. */
export function deletedBehind({ deleted }: FoldedElements, counter: number, actor: string): number | null {
  const run = deleted[actor]?.find(([start, count]) => counter >= start && counter < start + count)
  return run === undefined ? null : run[2]
}
