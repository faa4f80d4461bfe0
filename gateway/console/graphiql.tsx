// GraphiQL against this gateway: queries by HTTP, subscriptions by WebSocket, everything from the gateway's own files.

import { GraphiQL } from 'graphiql'
import { workersAreSet } from './workers.ts'
import 'graphiql/style.css'
import './graphiql.css'
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit'
import { type DocumentNode, Kind, parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { createRoot } from 'react-dom/client'
import { examples } from './examples.ts'

if (!workersAreSet) throw new Error('unreachable: the workers are set when their file is loaded')

const httpUrl = new URL('/graphql', location.href)
const socketUrl = new URL(httpUrl)
socketUrl.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'

/** One connection for each set of headers, so that subscriptions carry what the headers editor says. */
const clients = new Map<string, { readonly client: Client; readonly fetcher: Fetcher }>()

function fetcherFor(headers: Record<string, unknown>): Fetcher {
  const key = JSON.stringify(headers)
  const held = clients.get(key)
  if (held !== undefined) return held.fetcher
  const client = createClient({ url: socketUrl.href, connectionParams: headers, lazy: true })
  const fetcher = createGraphiQLFetcher({ url: httpUrl.href, wsClient: client, enableIncrementalDelivery: false })
  clients.set(key, { client, fetcher })
  return fetcher
}

/** For a moment after a tab is opened, GraphiQL still names the operation of the one before: what is sent is asked. */
const fetcher: Fetcher = (operation, options) => {
  const send = fetcherFor(options?.headers ?? {})
  const documentAST = readDocument(operation.query)
  if (documentAST === null) return send(operation, options)
  const { operationName, ...unnamed } = operation
  const isThere = documentAST.definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === operationName,
  )
  const first = documentAST.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const name = isThere ? operationName : first?.name?.value
  return send(name === undefined ? unnamed : { ...unnamed, operationName: name }, { ...options, documentAST })
}

function readDocument(query: string): DocumentNode | null {
  try {
    return parse(query)
  } catch {
    // The gateway says what is wrong with it.
    return null
  }
}

const container = document.getElementById('graphiql')
if (container === null) throw new Error('the page has no place for GraphiQL')
createRoot(container).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={examples.map(({ query, variables }) => ({ query, variables: variables ?? null, headers: null }))}
    defaultEditorToolsVisibility="variables"
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>
      <a className="console-link" href="/">
        Causeway console
      </a>
    </GraphiQL.Logo>
  </GraphiQL>,
)
