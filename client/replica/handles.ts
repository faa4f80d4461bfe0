// What an app holds of one thing, or a list of things, on the device: reads it, listens to it, changes it where its user may. Types only.

import type { OwnedKind } from '@causeway/schema/documents/units/unit'
import type { Command } from '../outbox/command.ts'
import type { OwnedContent } from './owned.ts'

export interface Handle<View> {
  /** Undefined where nothing of it is known here. */
  get(): View | undefined
  /** Calls with the view after every change; returns what ends it. */
  subscribe(listener: (view: View | undefined) => void): () => void
}

/** A document that its user may change without asking. `change` resolves once it is durable here; with null where nothing changed. */
export interface ChangeableHandle<View, Draft> extends Handle<View> {
  change(edit: (draft: Draft) => void): Promise<Command | null>
}

export interface ListHandle<View> {
  get(): readonly View[]
  subscribe(listener: (views: readonly View[]) => void): () => void
}

/** Documents that devices may change, as regions have confirmed them. */
export interface OwnedDocuments {
  /** The same object until it changes; null where there is none. */
  confirmed(kind: OwnedKind, id: string): OwnedContent | null
  /** Calls after everything that came in. */
  onArrival(listener: () => void): () => void
}
