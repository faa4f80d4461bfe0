// The operator's page: one subscription to regionsChanged, drawn anew with each message. Knows nothing but what it says.

import { createClient } from 'graphql-ws'
import { age, count, describe, digestWord, percent, type RegionView, rate, stateTone } from './words.ts'

const query = `subscription Console { regionsChanged {
  id state reason latencyMs errorRate digest frontier
  replication { from to connected lagMs lagEvents bytesPerSecond bytesPerEvent }
} }`

const url = new URL('/graphql', location.href)
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
/** A token, where the gateway asks for one: kept for this tab alone. */
const tokenKey = 'causeway-token'
let retryMs = 250

const client = createClient({
  url: url.href,
  lazy: false,
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => true,
  retryWait: () => {
    retryMs = Math.min(5_000, retryMs * 2)
    return new Promise((resolve) => setTimeout(resolve, retryMs))
  },
  keepAlive: 5_000,
  connectionParams: () => {
    const token = sessionStorage.getItem(tokenKey)
    return token === null ? {} : { authorization: `Bearer ${token}` }
  },
  on: {
    connected: () => {
      retryMs = 250
      connection('live', 'live')
    },
    closed: () => connection('lost', 'connection to the gateway lost, trying again'),
  },
})

client.subscribe<{ regionsChanged: RegionView[] }>(
  { query },
  {
    next: (message) => {
      if (message.data) draw(message.data.regionsChanged)
      else if (message.errors) refuse(message.errors)
    },
    error: (error) => refuse(Array.isArray(error) ? error : []),
    complete: () => connection('lost', 'the gateway ended the stream'),
  },
)

function refuse(
  errors: readonly { readonly message: string; readonly extensions?: Record<string, unknown> | undefined }[],
): void {
  const first = errors[0]
  if (first?.extensions?.code !== 'UNAUTHENTICATED') {
    write('headline', 'The gateway does not answer this page')
    write('detail', first?.message ?? 'The connection failed.')
    return
  }
  write('headline', 'This gateway asks who you are')
  const detail = element('detail')
  const label = make('label', '', 'A token of an operator: ')
  const input = make('input', '')
  input.type = 'password'
  input.addEventListener('change', () => {
    sessionStorage.setItem(tokenKey, input.value.trim())
    location.reload()
  })
  label.append(input)
  detail.replaceChildren(label)
}

function draw(regions: readonly RegionView[]): void {
  const { headline, detail } = describe(regions)
  write('headline', headline)
  write('detail', detail)
  element('regions').replaceChildren(...regions.map((region) => drawRegion(region, regions)))
  drawLinks(regions)
}

function drawRegion(region: RegionView, all: readonly RegionView[]): HTMLElement {
  const card = make('article', 'region')
  const head = make('header', '')
  head.append(make('h3', '', region.id), make('span', `state ${stateTone(region.state)}`, region.state))
  const facts = make('dl', '')
  const fact = (name: string, value: string, tone = '', title = '') => {
    const term = make('dt', '', name)
    const definition = make('dd', tone, value)
    if (title !== '') definition.title = title
    facts.append(term, definition)
  }
  const isAsked = region.state !== 'UNREACHABLE'
  fact('Round trip', isAsked ? `${region.latencyMs.toFixed(1)} ms` : '–')
  fact('Failed calls', percent(region.errorRate))
  fact('Digest', digestWord(region, all), '', region.digest ?? '')
  card.append(head, make('p', 'reason', region.reason), facts)
  if (region.frontier !== null) card.append(drawFrontier(region.frontier))
  return card
}

function drawFrontier(frontier: Readonly<Record<string, number>>): HTMLElement {
  const list = make('ul', 'frontier')
  list.append(make('li', 'caption', 'Events applied, by origin'))
  for (const [origin, sequence] of Object.entries(frontier).sort()) {
    const item = make('li', '')
    item.append(make('span', '', origin), make('span', '', count(sequence)))
    list.append(item)
  }
  return list
}

function drawLinks(regions: readonly RegionView[]): void {
  const table = element('links')
  const head = make('thead', '')
  const titles = make('tr', '')
  for (const [title, tone] of [
    ['From', ''],
    ['To', ''],
    ['Link', ''],
    ['Behind by time', 'number'],
    ['Behind by events', 'number'],
    ['Received', 'number'],
    ['Per event', 'number'],
  ] as const) {
    const cell = make('th', tone, title)
    cell.scope = 'col'
    titles.append(cell)
  }
  head.append(titles)
  const body = make('tbody', '')
  const links = regions.flatMap((region) => region.replication ?? [])
  for (const link of links) {
    const row = make('tr', '')
    const status = make('td', '')
    status.append(make('span', `state ${link.connected ? 'good' : 'bad'}`, link.connected ? 'CONNECTED' : 'BROKEN'))
    row.append(
      make('td', '', link.from),
      make('td', '', link.to),
      status,
      make('td', 'number', age(link.lagMs)),
      make('td', 'number', count(link.lagEvents)),
      make('td', 'number', rate(link.bytesPerSecond)),
      make('td', 'number', link.bytesPerEvent === 0 ? '–' : `${Math.round(link.bytesPerEvent)} B`),
    )
    body.append(row)
  }
  if (links.length === 0) {
    const row = make('tr', '')
    const cell = make('td', '', 'No region tells of its links now.')
    cell.colSpan = 7
    row.append(cell)
    body.append(row)
  }
  table.replaceChildren(head, body)
}

function connection(state: 'live' | 'lost', words: string): void {
  const place = element('connection')
  place.dataset.state = state
  place.textContent = words
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element ${id}`)
  return found
}

/** Only where it changed, so that a screen reader is not told the same again. */
function write(id: string, words: string): void {
  const place = element(id)
  if (place.textContent !== words) place.textContent = words
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  words = '',
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  if (words !== '') made.textContent = words
  return made
}
