// In the page: a client on storage that all pages share, and what its commands came to.

import { type CausewayClient, createClient, indexedDbStorage } from '@causeway/client'

export interface TabPage {
  /** Resolves once the command is stored. */
  receive(quantity: number): Promise<string>
  outcome(id: string): Promise<string>
  states(): Promise<string[]>
}

const client: CausewayClient = await createClient({
  url: `${location.origin}/graphql`,
  storage: indexedDbStorage('tabs'),
  user: 'ada',
})

const page: TabPage = {
  receive: async (quantity) => (await client.receiveStock({ sku: 'cup', quantity })).id,
  outcome: async (id) => {
    const command = client.commands().find((one) => one.id === id)
    return command === undefined ? 'gone' : (await command.outcome).status
  },
  states: async () => client.commands().map(({ state }) => state),
}

Object.assign(globalThis, { tabPage: page })
