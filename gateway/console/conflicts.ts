// The last conflicts on the operator's page: asked for now and then, drawn as a list. Knows nothing but what the API says.

import { type ConflictView, listConflict } from './words.ts'

const query = `query LastConflicts {
  conflicts(first: 8) { edges { node { id documentId path policy detectedAt values { value region at } } } }
}`

const everyMs = 5_000

interface Answer {
  readonly data?: { readonly conflicts?: { readonly edges: readonly { readonly node: ConflictView }[] } | null } | null
}

/** Asks while the page is looked at; where there is no answer, what was drawn last stays. */
export function followConflicts(place: HTMLElement, token: () => string | null): void {
  const look = async () => {
    if (!document.hidden) {
      const found = await ask(token()).catch(() => null)
      if (found !== null) draw(place, found)
    }
    setTimeout(() => void look(), everyMs)
  }
  void look()
}

async function ask(token: string | null): Promise<readonly ConflictView[] | null> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify({ query }),
  })
  const { data } = (await response.json()) as Answer
  return data?.conflicts?.edges.map(({ node }) => node) ?? null
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

function item(className: string, words: string): HTMLLIElement {
  const made = document.createElement('li')
  made.className = className
  made.textContent = words
  return made
}

function part(name: 'strong' | 'span' | 'small', words: string): HTMLElement {
  const made = document.createElement(name)
  made.textContent = words
  return made
}
