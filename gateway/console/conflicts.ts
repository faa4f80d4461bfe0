// The last conflicts on the operator's page: asked for now and then, drawn as a list. Knows nothing but what the API says.

import { ask, item, nowAndThen, part } from './ask.ts'
import { type ConflictView, listConflict } from './words.ts'

const query = `query LastConflicts {
  conflicts(first: 8) { edges { node { id documentId path policy detectedAt values { value region at } } } }
}`

const everyMs = 5_000

interface Answer {
  readonly conflicts?: { readonly edges: readonly { readonly node: ConflictView }[] } | null
}

/** Where there is no answer, what was drawn last stays. */
export function followConflicts(place: HTMLElement, token: () => string | null): void {
  nowAndThen(everyMs, async () => {
    const { conflicts } = (await ask<Answer>({ query, token: token() })) ?? {}
    if (conflicts != null)
      draw(
        place,
        conflicts.edges.map(({ node }) => node),
      )
  })
}

function draw(place: HTMLElement, conflicts: readonly ConflictView[]): void {
  if (conflicts.length === 0) {
    place.replaceChildren(item('unknown', 'No two regions have changed the same thing at once.'))
    return
  }
  place.replaceChildren(
    ...conflicts.map((conflict) => {
      const { title, stands, lost, when } = listConflict(conflict)
      const entry = item('conflict', '')
      entry.append(part('strong', title), part('span', stands), part('span', lost), part('small', when))
      return entry
    }),
  )
}
