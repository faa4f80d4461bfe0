// The operator's page: one subscription to regionsChanged, drawn anew with each message. Knows nothing but what it says.

import { plural } from '@causeway/schema/counted'
import { createClient } from 'graphql-ws'
import { followConflicts } from './conflicts.ts'
import { followIncidents } from './incidents.ts'
import { followStock } from './stock.ts'
import { type Column, drawTable, type Row } from './table.ts'
import {
  age,
  count,
  describe,
  digestWord,
  divergenceWord,
  type LinkView,
  listFaults,
  listReads,
  membersOf,
  percent,
  type RegionView,
  rate,
  restorationWord,
  type SnapshotView,
  size,
  snapshotWord,
  stateTone,
} from './words.ts'

const query = `subscription Console { regionsChanged {
  id state reason latencyMs errorRate digest frontier
  stableFrontier history { logCommits logBytes archivedCommits archivedBytes foldedDocuments }
  reads { consistency served missed averageStalenessMs greatestStalenessMs }
  snapshot { from phase pages receivedPages } restoration { waitsFor lacksEvents } openIncidents
  divergence { checkedAt found repaired open { subject detail } }
  replication { from to connected lagMs lagEvents lagCommits bytesPerSecond bytesPerEvent reconnects retries faults lastFault quarantined }
} }`

const url = new URL('/graphql', location.href)
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
/** A token, where the gateway asks for one: kept for this tab alone. */
const tokenKey = 'causeway-token'
let retryMs = 250
/** When the regions were last drawn; null until then. */
let drawnAt: Date | null = null
/** Regions that have open incidents, as they last said. */
let raisers: readonly string[] | null = null

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
    closed: () => {
      connection('lost', 'connection to the gateway lost, trying again')
      if (drawnAt !== null) tellThatItIsOld(drawnAt)
    },
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

const token = () => sessionStorage.getItem(tokenKey)
followConflicts(element('conflicts'), token)
followIncidents(element('incidents'), token, () => raisers)
followStock(
  {
    form: element('stock-form', HTMLFormElement),
    sku: element('sku', HTMLInputElement),
    words: element('stock-words'),
    table: element('stock'),
  },
  token,
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

function tellThatItIsOld(since: Date): void {
  document.body.dataset.state = 'old'
  write('headline', 'The gateway does not answer')
  write('detail', `Below is what it said last, at ${since.toLocaleTimeString('en-GB')}.`)
}

function draw(regions: readonly RegionView[]): void {
  drawnAt = new Date()
  raisers = regions.filter(({ openIncidents }) => (openIncidents ?? 0) > 0).map(({ id }) => id)
  document.body.dataset.state = 'live'
  const { headline, detail } = describe(regions)
  write('headline', headline)
  write('detail', detail)
  element('regions').replaceChildren(...regions.map((region) => drawRegion(region, regions)))
  drawLinks(regions)
  drawReads(regions)
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
  const isAsked = region.state !== 'UNREACHABLE' && region.state !== 'RETIRED'
  fact('Round trip', isAsked ? `${region.latencyMs.toFixed(1)} ms` : '–')
  fact('Failed calls', percent(region.errorRate))
  const { history, divergence } = region
  fact(
    'Log',
    history === null
      ? '–'
      : `${count(history.logCommits)} ${plural(history.logCommits, 'commit')}, ${size(history.logBytes)}`,
  )
  fact(
    'Archive',
    history === null
      ? '–'
      : `${count(history.archivedCommits)} ${plural(history.archivedCommits, 'commit')}, ${size(history.archivedBytes)}`,
  )
  fact(
    'Folded',
    history === null ? '–' : `${count(history.foldedDocuments)} ${plural(history.foldedDocuments, 'document')}`,
  )
  const findings = divergence?.open.map(({ subject, detail }) => `${subject}: ${detail}`).join('\n') ?? ''
  fact('Divergence', divergenceWord(divergence), findings === '' ? '' : 'bad', findings)
  const { openIncidents } = region
  const isTold = openIncidents !== null && openIncidents > 0
  const how = `incidents(open: true), causeway-region: ${region.id}`
  fact('Incidents', isTold ? `${count(openIncidents)} open` : '–', isTold ? 'bad' : '', isTold ? how : '')
  fact('Digest', digestWord(region, all), '', region.digest ?? '')
  card.append(head, make('p', 'reason', region.reason))
  if (region.restoration !== null) card.append(make('p', 'restoration', restorationWord(region.restoration)))
  if (region.snapshot !== null) card.append(drawSnapshot(region.snapshot))
  card.append(facts)
  const unknown = make('p', 'frontier unknown', 'What it has applied is not known while it cannot be asked.')
  card.append(region.frontier === null ? unknown : drawFrontier(region.frontier, region.stableFrontier ?? {}))
  return card
}

function drawSnapshot(snapshot: SnapshotView): HTMLElement {
  const place = make('p', 'snapshot', snapshotWord(snapshot))
  if (snapshot.pages === null) return place
  const bar = make('progress', '')
  bar.max = snapshot.pages
  bar.value = snapshot.receivedPages
  bar.ariaLabel = `Pages of the snapshot of ${snapshot.from}`
  place.append(bar)
  return place
}

type Vector = Readonly<Record<string, number>>

function drawFrontier(frontier: Vector, stable: Vector): HTMLElement {
  const list = make('ul', 'frontier')
  list.append(make('li', 'caption', 'Events applied, by origin'))
  for (const [origin, sequence] of Object.entries(frontier).sort()) {
    const item = make('li', '')
    const shown = make('span', '', count(sequence))
    const unstable = sequence - (stable[origin] ?? 0)
    shown.title =
      unstable === 0
        ? 'Every region has shown to hold them.'
        : `Every region has shown to hold all but ${count(unstable)}.`
    item.append(make('span', '', origin), shown)
    list.append(item)
  }
  return list
}

const linkColumns: readonly Column[] = [
  { title: 'Link' },
  { title: 'State' },
  ...['Behind', 'In commits', 'In events', 'Received', 'Per event', 'Broke', 'Quarantined'].map((title) => ({
    title,
    isNumber: true,
  })),
]

function drawLinks(regions: readonly RegionView[]): void {
  const members = membersOf(regions)
  const isMember = (id: string) => members.some((region) => region.id === id)
  const links = members
    .flatMap((region) => region.replication ?? [])
    .filter(({ from, to }) => isMember(from) && isMember(to))
  const silent = members.filter((region) => region.replication === null).map((region) => region.id)
  const unknown = `Links to ${silent.join(' and ')} are not known now: a region tells of those that it receives by.`
  const notes = silent.length > 0 ? [...listFaults(links), unknown] : listFaults(links)
  drawTable(element('links'), linkColumns, [...links.map(linkRow), ...notes.map((note): Row => [note])])
}

function linkRow(link: LinkView): Row {
  const state = make('span', `state ${link.connected ? 'good' : 'bad'}`, link.connected ? 'CONNECTED' : 'BROKEN')
  return [
    `${link.from} → ${link.to}`,
    state,
    age(link.lagMs),
    count(link.lagCommits),
    count(link.lagEvents),
    rate(link.bytesPerSecond),
    link.bytesPerEvent === 0 ? '–' : size(Math.round(link.bytesPerEvent)),
    link.reconnects === 0 ? '–' : count(link.reconnects),
    link.quarantined === 0 || link.quarantined === null ? '–' : count(link.quarantined),
  ]
}

const readColumns: readonly Column[] = [
  { title: 'Region' },
  { title: 'Consistency' },
  ...['Served', 'Too stale', 'Staleness', 'At most'].map((title) => ({ title, isNumber: true })),
]

function drawReads(regions: readonly RegionView[]): void {
  const rows = listReads(regions)
  drawTable(element('reads'), readColumns, rows.length > 0 ? rows : [['No region that answers has been read yet.']])
}

function connection(state: 'live' | 'lost', words: string): void {
  const place = element('connection')
  place.dataset.state = state
  place.textContent = words
}

function element<Kind extends HTMLElement = HTMLElement>(id: string, kind?: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (found instanceof (kind ?? HTMLElement)) return found as Kind
  throw new Error(`the page has no such element ${id}`)
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
