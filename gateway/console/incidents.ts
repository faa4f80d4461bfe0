// Open incidents on the operator's page: each region is asked for its own, where it says that it has any. Knows nothing but what
// the API says.

import { ask, item, nowAndThen, part } from './ask.ts'
import { type IncidentView, listIncident } from './words.ts'

const query = `query OpenIncidents($first: Int!) {
  incidents(open: true, first: $first) { edges { node { id kind region entityIds detail at } } }
}`

const everyMs = 2_000
/** Of each region; how many there are beyond, its card says. */
const shownAtMost = 5

interface Answer {
  readonly incidents?: { readonly edges: readonly { readonly node: IncidentView }[] } | null
}

/** `raisers`: regions that say that they have open ones; null where none can be asked. */
export function followIncidents(
  place: HTMLElement,
  token: () => string | null,
  raisers: () => readonly string[] | null,
): void {
  nowAndThen(everyMs, async () => {
    const regions = raisers()
    if (regions === null) return
    const found = await Promise.all(regions.map((region) => openOf(region, token())))
    draw(place, found.flat())
  })
}

async function openOf(region: string, token: string | null): Promise<readonly IncidentView[]> {
  const answer = await ask<Answer>({ query, variables: { first: shownAtMost }, token, region }).catch(() => null)
  return answer?.incidents?.edges.map(({ node }) => node) ?? []
}

function draw(place: HTMLElement, incidents: readonly IncidentView[]): void {
  if (incidents.length === 0) {
    place.replaceChildren(item('unknown', 'No region that answers has an open one.'))
    return
  }
  const newest = [...incidents].sort((left, right) => (left.at > right.at ? -1 : 1))
  place.replaceChildren(
    ...newest.map((incident) => {
      const { title, detail, about, when } = listIncident(incident)
      const entry = item('incident', '')
      const id = part('small', `${when} · `)
      id.append(part('code', incident.id))
      entry.append(part('strong', title), part('span', detail), part('small', `about ${about}`), id)
      return entry
    }),
  )
}
