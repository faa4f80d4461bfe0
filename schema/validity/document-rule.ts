// The document changes of a commit: each by an actor of the commit's own origin, of whole registers that say truly when
// and where they were written (M1), with values that the kind's views can read. Knows no document: what is judged is the
// change alone, so that the verdict is the same wherever and whenever it comes (C7).

import { decodeChange } from '#automerge'
import { compareTimes } from '../clock/hybrid-clock.ts'
import { regionOf } from '../clock/origin.ts'
import type { Commit, DocumentChange, PlacementClass } from '../commit/commit.ts'
import { isActorOf } from '../documents/actor.ts'
import { identifyChange, type Sha256 } from '../documents/change-bytes.ts'
import type { DocumentKind } from '../documents/document.ts'
import { isCallerId } from '../documents/ids.ts'
import { decodeRegister } from '../documents/register.ts'
import { factKindOf, kindOf } from '../documents/registry.ts'
import type { Operation } from '../documents/text/operation.ts'
import { readUnitEvent, type TellsUnit, unitActor, unitApplied } from '../documents/units/unit.ts'
import { type Flaw, flaw } from './flaw.ts'
import { isNewText, isTextEdit, isTextOperation, isWritten, maximumTextOperations, type Written } from './text-rule.ts'
import { fitsKind } from './values.ts'

/** Of the commit's changes that stand in the section of `section`. */
export function findDocumentFlaw(commit: Commit, section: PlacementClass, sha256: Sha256): Flaw | null {
  const withFacts = new Set<string>()
  const seen = new Set<string>()
  const units = commit.documents.length === 0 ? new Map<string, never>() : unitsOf(commit, section)
  for (const change of commit.documents) {
    const { kind: name, id, placement } = change
    if (placement !== section) continue
    const kind = kindOf(name)
    if (kind === undefined) return flaw('C7', `there is no kind of document ${name.slice(0, 80)}`)
    if (!isCallerId(id)) return flaw('C7', `a ${name} has no valid id`)
    const unit = units.get(`${name}/${id}`)?.find((told) => unitActor(told.unit) === authorOf(change, sha256))
    const author = unit === undefined ? `${name}/${id}` : `unit ${unit.unit}`
    if (seen.has(author)) return flaw('W5', `${name} ${id} is changed twice`)
    seen.add(author)
    if (kind.home === (placement === 'everywhere')) return flaw('C12', `a ${name} is placed ${placement}`)
    const reason = kind.factsOnly
      ? findAuthorFlaw(change, commit, sha256)
      : ((unit === undefined ? findAuthorFlaw(change, commit, sha256) : null) ??
        findChangeFlaw(change, kind, unit ?? { time: commit.time, region: regionOf(commit.origin) }))
    if (reason !== null) return flaw('M1', `the change of ${name} ${id} ${reason}`)
    if (kind.factsOnly) withFacts.add(`${name}/${id}`)
  }
  return section === 'everywhere' ? findFactsFlaw(commit, withFacts) : null
}

/** A document of facts changes exactly where there are facts about it, and no fact comes twice. */
function findFactsFlaw(commit: Commit, changed: ReadonlySet<string>): Flaw | null {
  const told = new Set<string>()
  const facts = new Set<string>()
  for (const event of commit.events) {
    // Only a fact's data is looked at: reading it of every event would parse them all.
    const kind = factKindOf(event.type)?.name
    if (kind === undefined) continue
    const { entityId, data } = event
    const document = `${kind}/${entityId}`
    told.add(document)
    const fact = `${document} ${String(data.id)}`
    if (facts.has(fact)) return flaw('W3', `a fact of ${kind} ${entityId} comes twice`)
    facts.add(fact)
    if (!changed.has(document))
      return flaw('W3', `a fact of ${kind} ${entityId} comes without the change that keeps it`)
  }
  for (const document of changed) if (!told.has(document)) return flaw('W3', `${document} changes without a fact`)
  return null
}

function findAuthorFlaw({ bytes }: DocumentChange, commit: Commit, sha256: Sha256): string | null {
  try {
    const { actor } = identifyChange(bytes, sha256)
    return isActorOf(actor, commit.origin, sha256) ? null : `is by an actor that is not of ${commit.origin}`
  } catch (error) {
    return `cannot be read: ${wordsOf(error)}`
  }
}

/** R7: what a device wrote says when and where it was written by its unit's event, and by an actor of its own. */
function unitsOf(commit: Commit, section: PlacementClass): ReadonlyMap<string, readonly TellsUnit[]> {
  const units = new Map<string, TellsUnit[]>()
  for (const event of commit.events) {
    if (event.type !== unitApplied || event.placement !== section) continue
    const told = readUnitEvent(event)
    if (told === null || compareTimes(told.time, commit.time) > 0) continue
    const key = `${told.kind}/${event.entityId}`
    units.set(key, [...(units.get(key) ?? []), told])
  }
  return units
}

/** Empty where the bytes cannot be read, of which another rule tells. */
function authorOf({ bytes }: DocumentChange, sha256: Sha256): string {
  try {
    return identifyChange(bytes, sha256).actor
  } catch {
    return ''
  }
}

function findChangeFlaw({ bytes }: DocumentChange, kind: DocumentKind<unknown>, written: Written): string | null {
  try {
    const { ops } = decodeChange(bytes)
    let edits = 0
    let stamps = 0
    for (const operation of ops as readonly Operation[]) {
      const { action, obj, key, value, elemId } = operation
      if (elemId !== undefined) {
        edits += 1
        if (kind.texts.length === 0 || !isTextOperation(operation)) return 'touches something else than its maps'
        continue
      }
      const map = kind.maps[Number(obj.slice(0, obj.indexOf('@'))) - 1]
      if (map === undefined || key === undefined) return 'touches something else than its maps'
      if (action === 'del') continue
      if (action === 'makeText') {
        stamps += 1
        if (!isNewText(kind, map, key, written)) return `begins a text at ${map}.${key} that does not belong there`
        continue
      }
      if (action !== 'set' || typeof value !== 'string') return `puts what is no register at ${map}.${key}`
      const register = decodeRegister(value)
      if (!isWritten(register, written)) return `says of ${map}.${key} that it was written elsewhere or at another time`
      if (isTextEdit(kind, map, key, register.value)) stamps += 1
      else if (!fitsKind(kind.name, map, key, register.value))
        return `puts a value at ${map}.${key} that does not belong there`
    }
    if (edits > maximumTextOperations) return `changes more than ${maximumTextOperations} characters`
    if (edits > 0 && stamps === 0) return 'changes a text and does not say so'
    return null
  } catch (error) {
    return `cannot be read: ${wordsOf(error)}`
  }
}

/** Automerge throws texts, our own readers errors: both of what the bytes are. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
