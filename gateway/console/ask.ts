// What the operator's page asks beside its subscription: one question over HTTP at a time, and elements for the answer.

export interface Asked {
  readonly query: string
  readonly variables?: object
  readonly token: string | null
  /** Answered by this region alone. */
  readonly region?: string
}

/** The data of the answer; null where there is none. */
export async function ask<Data>({ query, variables = {}, token, region }: Asked): Promise<Data | null> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(region !== undefined && { 'causeway-region': region }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data } = (await response.json()) as { readonly data?: Data | null }
  return data ?? null
}

/** Calls again and again while the page is looked at; what fails is tried the next time. */
export function nowAndThen(everyMs: number, look: () => Promise<void>): void {
  const again = async () => {
    if (!document.hidden) await look().catch(() => undefined)
    setTimeout(() => void again(), everyMs)
  }
  void again()
}

export function item(className: string, words: string): HTMLLIElement {
  const made = document.createElement('li')
  made.className = className
  made.textContent = words
  return made
}

export function part(name: 'strong' | 'span' | 'small' | 'code', words: string): HTMLElement {
  const made = document.createElement(name)
  made.textContent = words
  return made
}
